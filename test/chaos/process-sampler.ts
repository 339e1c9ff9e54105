import { readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;
const EVERY_MS = 2000;

/** Memory and file descriptors of the replicas, from /proc. */
export class ProcessSampler {
  peakRssMb = 0;
  peakFds = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #pids: () => readonly number[];
  /** Process → [seconds of its life, MB] and [seconds, descriptors]. */
  readonly #lives = new Map<number, { at: number; rssMb: number; fds: number }[]>();

  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Growth a minute of the process that lived longest, without its first third; null where none lived for `minSeconds`. */
  slopes(
    minSeconds: number,
  ): { readonly rssMb: number; readonly fds: number; readonly seconds: number } | null {
    const spans = [...this.#lives.values()].map((life) => life.slice(Math.floor(life.length / 3)));
    const seconds = (life: (typeof spans)[number]): number =>
      ((life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0)) / 1000;
    const longest = spans.sort((one, other) => seconds(other) - seconds(one))[0] ?? [];
    if (seconds(longest) < minSeconds) return null;
    const slope = (value: (each: (typeof longest)[number]) => number): number => {
      const meanAt = longest.reduce((sum, { at }) => sum + at, 0) / longest.length;
      const mean = longest.reduce((sum, each) => sum + value(each), 0) / longest.length;
      const above = longest.reduce((sum, each) => sum + (each.at - meanAt) * (value(each) - mean), 0);
      const below = longest.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
      return (above / below) * 60_000;
    };
    return { rssMb: slope(({ rssMb }) => rssMb), fds: slope(({ fds }) => fds), seconds: seconds(longest) };
  }

  #look(): void {
    for (const pid of this.#pids()) {
      try {
        const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
        const rssMb = (pages * PAGE_BYTES) / 2 ** 20;
        const fds = readdirSync(`/proc/${pid}/fd`).length;
        this.peakRssMb = Math.max(this.peakRssMb, rssMb);
        this.peakFds = Math.max(this.peakFds, fds);
        const life = this.#lives.get(pid) ?? [];
        this.#lives.set(pid, life);
        life.push({ at: performance.now(), rssMb, fds });
      } catch {
        // It has just ended.
      }
    }
  }
}
