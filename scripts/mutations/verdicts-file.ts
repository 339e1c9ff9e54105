import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import type { MutationTest } from './mutation.ts';

/** What became of one mutation. */
export interface Verdict {
  readonly name: string;
  readonly isKilled: boolean;
  /** The test that went red and why; or what went wrong. */
  readonly words: string;
  readonly seconds: number;
}

interface Line {
  readonly green?: MutationTest;
  readonly verdict?: Verdict;
}

/** `.mutations.jsonl`: what the sittings of a run have shown, one JSON object a line. */
export class VerdictsFile {
  readonly #path: string;

  /** @param isResumed false: begins anew */
  constructor(path: string, isResumed: boolean) {
    this.#path = path;
    if (!isResumed) rmSync(path, { force: true });
  }

  addGreen(green: MutationTest): void {
    this.#add({ green });
  }

  addVerdict(verdict: Verdict): void {
    this.#add({ verdict });
  }

  /** True where the test was seen green without a mutation. */
  isGreen(test: MutationTest): boolean {
    const wanted = JSON.stringify(test);
    return this.#lines().some(({ green }) => green !== undefined && JSON.stringify(green) === wanted);
  }

  /** The last verdict on each mutation. */
  verdicts(): Verdict[] {
    const all = this.#lines().flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]));
    return [...new Map(all.map((verdict) => [verdict.name, verdict])).values()];
  }

  #add(line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }

  #lines(): Line[] {
    if (!existsSync(this.#path)) return [];
    return readFileSync(this.#path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }
}
