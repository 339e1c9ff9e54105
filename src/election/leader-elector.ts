import type { Blocked } from '../model/blocked.ts';
import { asHeavisideError, type ErrorCode, type HeavisideError } from '../errors.ts';
import { type Clock, systemClock } from '../lifecycle/clock.ts';
import type { Log } from '../observability/log.ts';
import { Candidacy } from './candidacy.ts';
import type { ControlChannel, SwitchoverRequest } from './control-channel.ts';
import type { EventLoopWatchdog } from './event-loop-watchdog.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Lease } from './lease.ts';

/** candidate: cannot lead now · standby: could lead, another does (or the cluster is blocked) · leader. */
export type Role = 'candidate' | 'standby' | 'leader';

export interface RoleChange {
  readonly role: Role;
  /** The epoch of a leader as it was granted, else null. */
  readonly epoch: number | null;
  /** In words, for the log and the status page. */
  readonly reason: string;
  /** The error behind it, if there is one. */
  readonly code: ErrorCode | null;
}

/** Why a leader is asked to leave: the reason of the `leave` signal. */
export class LeaveRequest extends Error {
  readonly kind: 'shutdown' | 'switchover';
  /** Who is to take over, if that was said. */
  readonly target: string | undefined;

  constructor(kind: 'shutdown' | 'switchover', target?: string) {
    super(kind === 'shutdown' ? 'the process is to end' : 'a switchover was asked for');
    this.name = 'LeaveRequest';
    this.kind = kind;
    this.target = target;
  }
}

/** How a leadership ended. A throw is a step-down with that error. */
export type LeadOutcome =
  /** Planned: everything is committed, somebody else may lead. */
  | { readonly kind: 'left' }
  /** `exclude`: stay out for a while, doubling each time, because another replica reaches what this one cannot. */
  | { readonly kind: 'step-down'; readonly error: HeavisideError; readonly exclude?: boolean };

export interface ElectionJob {
  /** Ends the candidacy; a leader is asked to leave first. */
  readonly signal: AbortSignal;
  /** Proves that this replica reaches Kafka and the source (takeover.md, rule 25); rejects where it does not. */
  readonly prove: () => Promise<void>;
  /**
   * Leads until the lease's signal aborts (unplanned: write nothing more) or `leave` does (planned: finish what is at hand; its reason is a LeaveRequest).
   * The lease is released after it has settled, never before.
   */
  readonly lead: (lease: Lease, leave: AbortSignal) => Promise<LeadOutcome>;
  readonly onRole?: (change: RoleChange) => void;
}

export interface LeaderElectorOptions {
  readonly keeper: LeaseKeeper;
  readonly channel: ControlChannel;
  readonly blocked: { get(): Promise<Blocked | null> };
  /** Who is to lead after this one, when its process is told to end; undefined: whoever comes first. Asked while the leader finishes. */
  readonly successor?: () => Promise<string | undefined>;
  /** This replica's name, unique in the cluster. */
  readonly replica: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Armed with `watchdogLimitMs` (default: the TTL) while this replica leads. */
  readonly watchdog?: Pick<EventLoopWatchdog, 'arm' | 'disarm'>;
  readonly watchdogLimitMs?: number;
  /** How long to stay out after a refusal that may pass by itself. Default 30,000 ms. */
  readonly waitMs?: number;
  /** How often a blocked cluster is looked at. Default 3,000 ms. */
  readonly blockedPollMs?: number;
}

const WAKE_SPREAD_MS = 50;
const EXPIRY_MARGIN_MS = 5;

/** candidate → standby → leader → candidate …, until the job's signal ends it. */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #clock: Clock;
  readonly #candidacy: Candidacy;
  readonly #ttlMs: number;
  readonly #blockedPollMs: number;
  #provedAtMs: number | null = null;
  #isWoken = false;
  #nap: AbortController | null = null;
  #role = '';

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#ttlMs = options.keeper.ttlMs;
    this.#blockedPollMs = options.blockedPollMs ?? 3000;
    this.#candidacy = new Candidacy({
      ttlMs: this.#ttlMs,
      waitMs: options.waitMs ?? 30_000,
      blockedPollMs: this.#blockedPollMs,
      clock: this.#clock,
    });
  }

  /** Resolves after the job's signal, once the lease is given back. @throws an error whose reaction is `exit`, from `lead` */
  async run(job: ElectionJob): Promise<void> {
    const { channel, replica } = this.#options;
    const wakeOnStop = (): void => this.#nap?.abort();
    job.signal.addEventListener('abort', wakeOnStop);
    const unsubscribers = [
      channel.on('released', (message) => {
        if (message.replica === replica) return;
        this.#candidacy.noteLeader();
        if (message.target !== undefined && message.target !== replica)
          this.#candidacy.giveHeadStart(message.target);
        else this.#wake();
      }),
      channel.on('unblocked', () => {
        this.#candidacy.forgetRefusal();
        this.#wake();
      }),
    ];
    try {
      while (!job.signal.aborted) {
        const pauseMs = await this.#step(job);
        if (!job.signal.aborted) await this.#pause(pauseMs);
      }
    } finally {
      job.signal.removeEventListener('abort', wakeOnStop);
      for (const unsubscribe of unsubscribers) unsubscribe();
    }
  }

  /** One look at the world; resolves with how long to wait before the next, in milliseconds. */
  async #step(job: ElectionJob): Promise<number> {
    const pollMs = (this.#ttlMs / 3) * (0.8 + 0.2 * Math.random());
    const isUrgent = this.#isWoken;
    this.#isWoken = false;
    try {
      if (await this.#isOut(job)) return Math.min(pollMs, this.#candidacy.outForMs);
    } catch (error) {
      return this.#becomeCandidate(job, error, pollMs);
    }
    try {
      await this.#proveIfOld(job, isUrgent);
    } catch (error) {
      const waits = asHeavisideError(error).reaction === 'wait';
      return this.#becomeCandidate(job, error, waits ? (this.#options.waitMs ?? 30_000) : pollMs);
    }
    let lease: Lease | null;
    try {
      if (await this.#isBlocked(job)) return this.#blockedPollMs;
      if (job.signal.aborted) return 0;
      lease = await this.#options.keeper.tryAcquire();
      // Whoever blocked the cluster did so before it released the lease: a look with the lease in hand cannot miss it.
      if (lease !== null && (await this.#isBlockedFor(lease, job))) return this.#blockedPollMs;
    } catch (error) {
      return this.#becomeCandidate(job, error, pollMs);
    }
    if (lease === null) {
      this.#candidacy.noteLeader();
      this.#tell(job, { role: 'standby', epoch: null, reason: 'another replica leads', code: null });
      const { retryAfterMs } = this.#options.keeper;
      if (retryAfterMs === null) return pollMs;
      return Math.min(pollMs, retryAfterMs + EXPIRY_MARGIN_MS + Math.random() * WAKE_SPREAD_MS);
    }
    return this.#lead(lease, job);
  }

  /** True while this replica stays out of the election. */
  async #isOut(job: ElectionJob): Promise<boolean> {
    if (this.#candidacy.outForMs === 0) return false;
    this.#tell(job, { role: 'candidate', epoch: null, reason: this.#candidacy.reason, code: null });
    if (this.#candidacy.endsWithNextLeader && (await this.#options.keeper.isHeld()))
      this.#candidacy.noteLeader();
    return this.#candidacy.outForMs > 0;
  }

  /** A proof serves for one TTL; it is renewed while there is nothing else to do, so that a takeover need not wait for it. */
  async #proveIfOld(job: ElectionJob, isUrgent: boolean): Promise<void> {
    const ageMs = this.#provedAtMs === null ? Infinity : this.#clock.monotonic() - this.#provedAtMs;
    if (ageMs < (isUrgent ? this.#ttlMs : this.#ttlMs / 2)) return;
    this.#provedAtMs = null;
    const startMs = this.#clock.monotonic();
    await job.prove();
    this.#provedAtMs = startMs;
  }

  async #isBlocked(job: ElectionJob): Promise<boolean> {
    const blocked = await this.#options.blocked.get();
    if (blocked === null) return false;
    const reason = `the cluster is blocked at ${blocked.position}: ${blocked.code}`;
    this.#tell(job, { role: 'standby', epoch: null, reason, code: 'CLUSTER_BLOCKED' });
    return true;
  }

  /** As #isBlocked; the lease is released where it is, or where that cannot be seen. */
  async #isBlockedFor(lease: Lease, job: ElectionJob): Promise<boolean> {
    let isBlocked = true;
    try {
      isBlocked = await this.#isBlocked(job);
    } finally {
      if (isBlocked) await lease.release();
    }
    return isBlocked;
  }

  async #lead(lease: Lease, job: ElectionJob): Promise<number> {
    const { channel, watchdog, watchdogLimitMs = this.#ttlMs } = this.#options;
    const leave = new AbortController();
    let heir: Promise<string | undefined> = Promise.resolve(undefined);
    const onShutdown = (): void => {
      heir = this.#findSuccessor();
      leave.abort(new LeaveRequest('shutdown'));
    };
    job.signal.addEventListener('abort', onShutdown);
    if (job.signal.aborted) onShutdown();
    const unsubscribe = channel.on('switchover', (request) => this.#onSwitchover(request, lease, leave));
    const requests = setInterval(() => void channel.checkSwitchover(), this.#ttlMs / 3);
    const startMs = this.#clock.monotonic();
    watchdog?.arm(watchdogLimitMs);
    this.#tell(job, { role: 'leader', epoch: lease.epoch, reason: 'the lease was granted', code: null });
    let outcome: LeadOutcome;
    try {
      outcome = await job.lead(lease, leave.signal);
    } catch (error) {
      outcome = { kind: 'step-down', error: asHeavisideError(error) };
    }
    watchdog?.disarm();
    clearInterval(requests);
    unsubscribe();
    job.signal.removeEventListener('abort', onShutdown);
    const request = leave.signal.reason as LeaveRequest | undefined;
    const target = request?.kind === 'switchover' ? request.target : await heir;
    const code = this.#noteEnd(outcome, lease.epoch, this.#clock.monotonic() - startMs);
    // Told before the release, which takes seconds where Redis is away: nothing is written any more.
    this.#tell(job, { role: 'candidate', epoch: null, reason: this.#candidacy.reason, code });
    const cleared = request?.kind === 'switchover' ? channel.clearSwitchover() : undefined;
    await Promise.all([lease.release(target, code ?? request?.kind), cleared]);
    this.#provedAtMs = null;
    if (outcome.kind === 'step-down' && outcome.error.reaction === 'exit') throw outcome.error;
    return 0;
  }

  /** Never rejects: without an answer, whoever comes first leads. */
  async #findSuccessor(): Promise<string | undefined> {
    return this.#options.successor?.().catch(() => undefined);
  }

  #noteEnd(outcome: LeadOutcome, epoch: number, ledMs: number): ErrorCode | null {
    if (outcome.kind === 'left') {
      this.#candidacy.afterLeaving();
      return null;
    }
    const { error, exclude = false } = outcome;
    this.#options.log.warn({ epoch, code: error.code, error: error.message }, 'leadership ended');
    this.#candidacy.afterStepDown(error, ledMs, exclude);
    return error.code;
  }

  #onSwitchover(request: SwitchoverRequest, lease: Lease, leave: AbortController): void {
    const { log, channel, replica } = this.#options;
    // Asked of a leader before this one: it has left already.
    if (request.epoch < lease.epoch) return;
    if (request.target === replica) {
      log.info({ epoch: lease.epoch }, 'switchover to this replica: it leads already');
      void channel.clearSwitchover();
      return;
    }
    log.info({ epoch: lease.epoch, target: request.target ?? 'any' }, 'switchover asked for; leaving');
    leave.abort(new LeaveRequest('switchover', request.target));
  }

  #becomeCandidate(job: ElectionJob, error: unknown, waitMs: number): number {
    const { code, message } = asHeavisideError(error);
    this.#tell(job, { role: 'candidate', epoch: null, reason: message, code });
    return waitMs;
  }

  #tell(job: ElectionJob, change: RoleChange): void {
    const key = `${change.role} ${change.epoch ?? ''} ${change.code ?? change.reason}`;
    if (key === this.#role) return;
    this.#role = key;
    this.#options.log.info({ ...change }, `now ${change.role}`);
    job.onRole?.(change);
  }

  #wake(): void {
    this.#isWoken = true;
    this.#nap?.abort();
  }

  async #pause(ms: number): Promise<void> {
    this.#nap = new AbortController();
    if (!this.#isWoken) await this.#clock.sleep(ms, this.#nap.signal).catch(() => undefined);
    // The standbys wake together: a little chance keeps them from splitting the votes.
    if (this.#isWoken) await this.#clock.sleep(Math.random() * WAKE_SPREAD_MS);
    this.#nap = null;
  }
}
