import { appendFileSync } from 'node:fs';

/** What was done to the system and what was seen of it, with times. */
export class FaultLog {
  readonly lines: string[] = [];
  readonly #file: string;
  readonly #say: (text: string) => void;
  readonly #startedAt = performance.now();

  constructor(file: string, say: (text: string) => void) {
    this.#file = file;
    this.#say = say;
  }

  add(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(2).padStart(8);
    const line = `${new Date().toISOString()} ${seconds} s  ${text}`;
    this.lines.push(line);
    appendFileSync(this.#file, `${line}\n`);
    this.#say(text);
  }
}
