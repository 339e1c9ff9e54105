import { createContext, Script, type Context } from 'node:vm';
import { HeavisideError } from '../errors.ts';
import type { RowScript, ScriptInput, ScriptVerdict } from '../model/row-script.ts';
import type { Log } from '../observability/log.ts';
import { ScriptValueError } from './script-json.ts';
import { PlainEntries, scriptMap } from './script-map.ts';
import { ScriptRow } from './script-row.ts';

/** A script as its file holds it. */
export interface ScriptSource {
  readonly path: string;
  readonly text: string;
}

type ProcessRow = (row: ScriptRow, state: object) => unknown;

/** The functions that Maxwell calls, as a script may name them. */
const functionNames = ['process_row', 'process_ddl', 'process_heartbeat'] as const;

/** Milliseconds for the statements outside of the functions. */
const loadTimeoutMs = 2000;

/** Line and column of an error inside the script's file, from its stack: nothing of its message, which may hold values. */
function placeOf(error: unknown, path: string): string {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : '';
  for (const line of stack.split('\n')) {
    const at = line.startsWith(path) || /^\s+at /u.test(line) ? line.indexOf(`${path}:`) : -1;
    const place = at < 0 ? null : /^\d+(?::\d+)?/u.exec(line.slice(at + path.length + 1));
    if (place !== null) return `${path}:${place[0]}`;
  }
  return path;
}

/** The class of an error, if it is a plain word. */
function nameOf(error: unknown): string {
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  return /^[A-Za-z]{1,40}$/u.test(name) ? name : 'a value that is no error';
}

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

/** `{}` in the first argument are filled with the others, as slf4j does. */
function format([first = '', ...rest]: readonly unknown[]): string {
  const text = String(first as string).replaceAll('{}', () =>
    rest.length > 0 ? String(rest.shift() as string) : '{}',
  );
  return [text, ...rest.map((each) => String(each as string))].join(' ');
}

function scriptLogger(log: Log, script: string): object {
  return Object.freeze({
    trace: (...args: unknown[]) => log.debug({ script }, format(args)),
    debug: (...args: unknown[]) => log.debug({ script }, format(args)),
    info: (...args: unknown[]) => log.info({ script }, format(args)),
    warn: (...args: unknown[]) => log.warn({ script }, format(args)),
    error: (...args: unknown[]) => log.error({ script }, format(args)),
  });
}

/**
 * A JavaScript filter in the manner of Maxwell: `process_row(row, state)` for every row that the filter lets through.
 * It runs in a context of its own and with the rights of the process: it is configuration, not a guest.
 */
export class VmRowScript implements RowScript {
  readonly #path: string;
  readonly #parse: (text: string) => unknown;
  readonly #processRow: ProcessRow | null;
  readonly #state = scriptMap(new PlainEntries());

  /** @throws HeavisideError SCRIPT_INVALID where it cannot be compiled, fails while it is loaded, or defines no function */
  constructor({ path, text }: ScriptSource, log: Log) {
    const context = createContext({ logger: scriptLogger(log, path) });
    this.#path = path;
    this.#load(text, context);
    this.#parse = new Script('JSON.parse').runInContext(context) as (json: string) => unknown;
    const functions = functionNames.map((name) => [name, this.#functionNamed(name, context)] as const);
    if (functions.every(([, found]) => found === null)) {
      throw this.#invalid(`it defines none of ${functionNames.join(', ')}`);
    }
    const [[, processRow]] = functions as [readonly [string, ProcessRow | null]];
    this.#processRow = processRow;
    for (const [name, found] of functions.slice(1))
      if (found !== null) log.warn({ script: path }, `${name} is never called`);
  }

  processRow(input: ScriptInput): ScriptVerdict {
    if (this.#processRow === null) return 'unchanged';
    const row = new ScriptRow(input, this.#parse);
    try {
      this.#processRow(row, this.#state);
      return ScriptRow.verdict(row);
    } catch (error) {
      const what = error instanceof ScriptValueError ? error.message : `process_row threw ${nameOf(error)}`;
      // Neither message nor cause: both may hold values of the row.
      throw new HeavisideError(
        'SCRIPT_FAILED',
        `${placeOf(error, this.#path)}: ${what} at a row of \`${input.database}\`.\`${input.table}\``,
      );
    }
  }

  #load(text: string, context: Context): void {
    try {
      new Script(text, { filename: this.#path }).runInContext(context, { timeout: loadTimeoutMs });
    } catch (error) {
      throw this.#invalid(messageOf(error), placeOf(error, this.#path));
    }
  }

  /** A function declared in any way: `const` and `let` make no property of the global object. */
  #functionNamed(name: string, context: Context): ProcessRow | null {
    const found = new Script(`typeof ${name} === 'undefined' ? null : ${name}`).runInContext(
      context,
    ) as unknown;
    if (found === null) return null;
    if (typeof found !== 'function') throw this.#invalid(`${name} is not a function`);
    if (/^Async|Generator/u.test(found.constructor.name)) {
      throw this.#invalid(`${name} must not be async or a generator: a row waits for nothing`);
    }
    return found as ProcessRow;
  }

  #invalid(reason: string, place = this.#path): HeavisideError {
    return new HeavisideError('SCRIPT_INVALID', `javascript ${place}: ${reason}`);
  }
}
