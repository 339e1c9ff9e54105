export interface LagTrackerOptions {
  /** Wall clock, milliseconds since 1970: commit times are the source's wall clock. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  /** How often the source sends a heartbeat while it has nothing else to send, milliseconds. */
  readonly heartbeatMs: number;
}

/** Silence of so many heartbeats is no longer idleness. */
const silentHeartbeats = 1.5;

/**
 * Replication lag: the age of the oldest change that is not yet in Kafka.
 *
 * - changes wait: now − commit time of the oldest of them
 * - none waits, and the source is heard: 0, or, while catching up, the age of the last change, because newer ones are on their way
 * - none waits, and neither rows nor heartbeats arrive: the time since the source was last heard, since nobody knows what it holds
 * - not leading: none
 */
export class LagTracker {
  readonly #options: LagTrackerOptions;
  #isLeading = false;
  #waiting: number[] = [];
  #head = 0;
  #lastCommitMs: number | null = null;
  #lastReceivedAt = 0;
  #lastHeardAt = 0;
  #isCatchingUp = false;

  constructor(options: LagTrackerOptions) {
    this.#options = options;
  }

  /** This replica leads from now on; nothing waits. */
  start(): void {
    this.#reset();
    this.#isLeading = true;
  }

  /** This replica leads no longer. */
  stop(): void {
    this.#reset();
    this.#isLeading = false;
  }

  /** What waited is dropped, and will be read again: the stream is opened anew, still leading. */
  rewind(): void {
    this.#waiting = [];
    this.#head = 0;
  }

  /** A transaction came from the source. @param commitTimestampUs microseconds since 1970 */
  received(commitTimestampUs: number): void {
    const commitMs = commitTimestampUs / 1000;
    this.#waiting.push(commitMs);
    this.#lastReceivedAt = this.#options.monotonic();
    this.#isCatchingUp = this.#options.now() - commitMs > this.#options.heartbeatMs;
    this.heard(this.#lastReceivedAt);
  }

  /** The oldest waiting transactions are in Kafka (or need not go there). @param transactionCount 1 or more */
  committed(transactionCount = 1): void {
    this.#head = Math.min(this.#head + transactionCount, this.#waiting.length);
    if (this.#head > 0) this.#lastCommitMs = this.#waiting[this.#head - 1] ?? this.#lastCommitMs;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Transactions that came from the source and are not in Kafka. */
  get waitingCount(): number {
    return this.#waiting.length - this.#head;
  }

  /** Anything came from the source, a heartbeat too. @param atMs monotonic milliseconds */
  heard(atMs: number): void {
    this.#lastHeardAt = Math.max(this.#lastHeardAt, atMs);
  }

  /** Commit time of the newest transaction in Kafka, milliseconds since 1970; null before the first. */
  lastCommitMs(): number | null {
    return this.#lastCommitMs;
  }

  /** The lag in seconds, 0 or more; null while not leading. */
  lagSeconds(): number | null {
    if (!this.#isLeading) return null;
    return Math.max(0, this.#lagMs()) / 1000;
  }

  #lagMs(): number {
    const { now, monotonic, heartbeatMs } = this.#options;
    const silentMs = monotonic() - this.#lastHeardAt;
    const silenceLagMs = silentMs > heartbeatMs * silentHeartbeats ? silentMs : 0;
    const oldestMs = this.#waiting[this.#head];
    if (oldestMs !== undefined) return Math.max(now() - oldestMs, silenceLagMs);
    // A packet well after the last transaction, with none since, is a heartbeat: the source had nothing more to send.
    const hasHeardIdle = this.#lastHeardAt - this.#lastReceivedAt >= heartbeatMs / 2;
    if (this.#isCatchingUp && !hasHeardIdle && this.#lastCommitMs !== null) {
      return Math.max(now() - this.#lastCommitMs, silenceLagMs);
    }
    return silenceLagMs;
  }

  #reset(): void {
    this.rewind();
    this.#lastCommitMs = null;
    this.#isCatchingUp = false;
    this.#lastHeardAt = this.#options.monotonic();
    this.#lastReceivedAt = this.#lastHeardAt;
  }
}
