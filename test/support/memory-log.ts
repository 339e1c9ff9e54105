import type { Log } from '../../src/observability/log.ts';

/** A log that keeps its lines for a test to look at. */
export class MemoryLog implements Log {
  readonly lines: { level: string; message: string; fields: object }[];
  readonly #bound: object;

  constructor(lines: MemoryLog['lines'] = [], bound: object = {}) {
    this.lines = lines;
    this.#bound = bound;
  }

  debug = (fields: object, message: string): void => this.#add('debug', fields, message);
  info = (fields: object, message: string): void => this.#add('info', fields, message);
  warn = (fields: object, message: string): void => this.#add('warn', fields, message);
  error = (fields: object, message: string): void => this.#add('error', fields, message);

  child(fields: object): Log {
    return new MemoryLog(this.lines, { ...this.#bound, ...fields });
  }

  #add(level: string, fields: object, message: string): void {
    this.lines.push({ level, message, fields: { ...this.#bound, ...fields } });
  }
}
