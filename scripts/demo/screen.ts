import type { WriteStream } from 'node:tty';
import type { DemoView } from './demo-view.ts';
import { clock, grouped, renderFrame } from './frame.ts';

/** Where the show is seen. */
export interface Screen {
  draw(view: DemoView): void;
  /** Leaves the last picture; what is printed afterwards stands below it. */
  close(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';

/** A terminal: the picture is redrawn in place. */
class TerminalScreen implements Screen {
  readonly #out: WriteStream;
  #height = 0;

  constructor(out: WriteStream) {
    this.#out = out;
    out.write(HIDE_CURSOR);
  }

  draw(view: DemoView): void {
    const { columns, rows } = this.#out;
    const hasColour = process.env['NO_COLOR'] === undefined || process.env['NO_COLOR'] === '';
    const lines = renderFrame(view, { columns, rows, hasColour });
    const up = this.#height > 0 ? `\u001b[${this.#height}A\r` : '';
    // Everything in one write, each line cleared to its end: no flicker.
    this.#out.write(`${up}${lines.map((line) => `${line}\u001b[0K\n`).join('')}${CLEAR_BELOW}`);
    this.#height = lines.length;
  }

  close(): void {
    this.#out.write(SHOW_CURSOR);
  }
}

/** A pipe or a file: one line an event, and one a second in between. */
class LineScreen implements Screen {
  readonly #out: NodeJS.WritableStream;
  #told = 0;
  #second = -1;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  draw(view: DemoView): void {
    for (const { atMs, text } of view.events.slice(this.#told)) this.#out.write(`${clock(atMs)}  ${text}\n`);
    const second = Math.floor(view.elapsedMs / 1000);
    if (this.#told === view.events.length && second !== this.#second && view.committedRows > 0) {
      const leader = view.replicas.find(({ role }) => role === 'leader');
      const who = leader === undefined ? 'no leader' : `${leader.name} leads, epoch ${leader.epoch ?? '?'}`;
      const rates = `${grouped(view.ratesIn.at(-1) ?? 0)} → ${grouped(view.ratesOut.at(-1) ?? 0)} rows/s`;
      const counts = `committed ${grouped(view.committedRows)}, in Kafka ${grouped(view.kafkaRows)}`;
      this.#out.write(`${clock(view.elapsedMs)}    ${who} | ${counts} | ${rates}\n`);
      this.#second = second;
    }
    this.#told = view.events.length;
  }

  close(): void {}
}

/** The live screen where stdout is a terminal, else lines. */
export function openScreen(): Screen {
  return process.stdout.isTTY ? new TerminalScreen(process.stdout) : new LineScreen(process.stdout);
}
