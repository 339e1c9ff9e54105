/** A lease as the store knows it. */
export interface LeaseGrant {
  /** Random; marks the lease in Redis as this one. */
  readonly value: string;
  /** The epoch it was given: higher than that of every grant before. */
  readonly epoch: number;
}

/** The lease is another's, or the votes were split. */
export interface LeaseRefusal {
  /** When it makes sense to try again, in milliseconds, if the store knows: when the lease there is runs out, or soon after a split vote. */
  readonly retryAfterMs: number | null;
}

/** `lost`: the lease is another's or gone. `unreachable`: too few nodes answered to tell. */
export type LeaseVerdict = 'mine' | 'lost' | 'unreachable';

export interface ExtendOptions {
  /** 1 or more, in milliseconds. */
  readonly ttlMs: number;
  /** Asked after the round trip: may a node that lost the lease be given it back? Only before the lease's deadline. */
  readonly mayHeal: () => boolean;
}

/** Who is to take a lease that is given back. */
export interface HandOver {
  readonly to: string;
  /** Milliseconds for which nobody else can have it. */
  readonly forMs: number;
}

/** Where the lease and the epoch live. Every call settles in bounded time, whatever the nodes do. */
export interface LeaseStore {
  /** @throws REDIS_UNREACHABLE and its like where too few nodes answered */
  acquire(ttlMs: number): Promise<LeaseGrant | LeaseRefusal>;
  extend(grant: LeaseGrant, options: ExtendOptions): Promise<LeaseVerdict>;
  /** Raises the epoch to at least `epoch` while the lease is mine; resolves with the epoch that a majority then has. */
  confirm(grant: LeaseGrant, epoch: number): Promise<number | 'lost' | 'unreachable'>;
  /** Gives the lease back if it is still mine, to anyone or to one replica. Never rejects: what cannot be given back runs out. */
  release(grant: LeaseGrant, handOver?: HandOver): Promise<void>;
  /** Whether anyone holds the lease; a reservation is none. @throws REDIS_UNREACHABLE and its like */
  isHeld(): Promise<boolean>;
}
