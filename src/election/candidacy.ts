import type { HeavisideError } from '../errors.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { headStartMs } from './lease.ts';

export interface CandidacyOptions {
  readonly ttlMs: number;
  /** How long a replica stays out after a refusal with the reaction `wait`, in milliseconds. */
  readonly waitMs: number;
  /** How long after one with the reaction `blocked`. */
  readonly blockedPollMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random?: () => number;
}

// A leadership this long was a good one: what went wrong before it counts no more.
const GOOD_LEADERSHIP_MS = 60_000;
const EXCLUSION_MAX_MS = 300_000;
const STEP_DOWN_MIN_MS = 100;
const STEP_DOWN_MAX_MS = 10_000;

/** When a replica may stand for election again, and why not now. */
export class Candidacy {
  readonly #options: CandidacyOptions;
  readonly #exclusion: Backoff;
  readonly #stepDown: Backoff;
  #outUntilMs = 0;
  #reason = '';
  #endsWithNextLeader = false;
  #isRefusal = false;

  constructor(options: CandidacyOptions) {
    this.#options = options;
    const { ttlMs, random = Math.random } = options;
    this.#exclusion = new Backoff({ initialMs: ttlMs, multiplier: 2, maxMs: EXCLUSION_MAX_MS, random });
    this.#stepDown = new Backoff({
      initialMs: STEP_DOWN_MIN_MS,
      multiplier: 2,
      maxMs: STEP_DOWN_MAX_MS,
      jitter: 0.5,
      random,
    });
  }

  /** Milliseconds until this replica may try again; 0: now. */
  get outForMs(): number {
    return Math.max(0, this.#outUntilMs - this.#options.clock.monotonic());
  }

  get reason(): string {
    return this.#reason;
  }

  /** True where seeing another leader ends the time out: then the lease itself keeps us out. */
  get endsWithNextLeader(): boolean {
    return this.#endsWithNextLeader && this.outForMs > 0;
  }

  /** Another leader was seen. */
  noteLeader(): void {
    if (this.#endsWithNextLeader) this.#outUntilMs = 0;
  }

  /** An operator has acted: a refusal may have lost its ground. Other times out stay: a rest after an error is no refusal. */
  forgetRefusal(): void {
    if (this.#isRefusal) this.#outUntilMs = 0;
  }

  /** Left as asked: somebody else is to lead, for two TTLs at least if nobody comes. */
  afterLeaving(): void {
    this.#stayOut(2 * this.#options.ttlMs, 'left as asked; another replica is to lead', true);
  }

  /** A switchover names another replica: it gets a head start. */
  giveHeadStart(target: string): void {
    if (this.outForMs === 0) this.#stayOut(headStartMs(this.#options.ttlMs), `${target} is to lead`, true);
  }

  /**
   * Leadership ended with an error after `ledMs`. `exclude`: this replica cannot reach what another can (takeover.md, rule 25),
   * so it stays out, twice as long each time.
   */
  afterStepDown(error: HeavisideError, ledMs: number, exclude: boolean): void {
    if (ledMs >= GOOD_LEADERSHIP_MS) {
      this.#exclusion.reset();
      this.#stepDown.reset();
    }
    this.#stayOut(this.#waitAfter(error, exclude), `stepped down: ${error.code}`, false);
    this.#isRefusal = !exclude && error.reaction === 'wait';
  }

  #waitAfter(error: HeavisideError, exclude: boolean): number {
    if (exclude) return this.#exclusion.next();
    switch (error.reaction) {
      case 'wait':
        return this.#options.waitMs;
      case 'blocked':
        return this.#options.blockedPollMs;
      case 'retry':
      case 'rebuild':
        return this.#exclusion.next();
      default:
        return this.#stepDown.next();
    }
  }

  #stayOut(forMs: number, reason: string, endsWithNextLeader: boolean): void {
    this.#outUntilMs = this.#options.clock.monotonic() + forMs;
    this.#reason = reason;
    this.#endsWithNextLeader = endsWithNextLeader;
    this.#isRefusal = false;
  }
}
