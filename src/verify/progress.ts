/** Progress of long work on stderr: on a terminal one line that changes, else a line now and then. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #everyMs: number;
  #label = '';
  #unit = '';
  #total: number | null = null;
  #done = 0;
  #startedAt = 0;
  #shownAt = 0;
  #isOpen = false;

  constructor(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> | null) {
    this.#write = (text) => void stream?.write(text);
    this.#isTerminal = stream?.isTTY === true;
    this.#everyMs = this.#isTerminal ? 200 : 5000;
  }

  /** @param total null where it is not known how much there is */
  begin(label: string, unit: string, total: number | null): void {
    this.end();
    this.#label = label;
    this.#unit = unit;
    this.#total = total;
    this.#done = 0;
    this.#startedAt = this.#shownAt = performance.now();
  }

  add(count: number): void {
    this.#done += count;
    const now = performance.now();
    if (now - this.#shownAt < this.#everyMs) return;
    this.#shownAt = now;
    this.#show(now);
  }

  /** Ends the line that changes. */
  end(): void {
    if (this.#isOpen) this.#write('\n');
    this.#isOpen = false;
  }

  #show(now: number): void {
    const perSecond = this.#done / ((now - this.#startedAt) / 1000);
    const count = (value: number): string => Math.round(value).toLocaleString('en');
    let text = `${this.#label}: ${count(this.#done)} ${this.#unit}, ${count(perSecond)}/s`;
    if (this.#total !== null && this.#total > 0) {
      const share = Math.min(1, this.#done / this.#total);
      const left = perSecond > 0 ? Math.max(0, this.#total - this.#done) / perSecond : 0;
      text += `, ${Math.floor(share * 100)} %, ${count(left)} s left`;
    }
    this.#write(this.#isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#isOpen = this.#isTerminal;
  }
}
