import { HeavisideError } from '../errors.ts';

/** The names that a cluster uses in Redis. The braces are the hash tag: all of them lie in one slot (takeover, rule 11). */
export interface RedisKeys {
  readonly lease: string;
  readonly epoch: string;
  readonly checkpoint: string;
  readonly presence: string;
  readonly blocked: string;
  /** The switchover that was asked for and not yet carried out. */
  readonly switchover: string;
  /** The last results of `heaviside verify`, by table. */
  readonly verify: string;
  /** The last changes of leader, for people. */
  readonly takeovers: string;
  /** Snapshots that were asked for and not yet taken over by a leader, by request id. */
  readonly snapshotRequests: string;
  /** The pub/sub channel; not a key. */
  readonly events: string;
}

/** @throws CONFIG_INVALID unless the client id matches `[A-Za-z0-9._-]+` (rule 29) */
export function redisKeys(clientId: string): RedisKeys {
  if (!/^[A-Za-z0-9._-]+$/.test(clientId))
    throw new HeavisideError('CONFIG_INVALID', 'client_id may only hold letters, digits, ".", "_" and "-"');
  const prefix = `heaviside:{${clientId}}:`;
  return {
    lease: `${prefix}lease`,
    epoch: `${prefix}epoch`,
    checkpoint: `${prefix}checkpoint`,
    presence: `${prefix}presence`,
    blocked: `${prefix}blocked`,
    switchover: `${prefix}switchover`,
    verify: `${prefix}verify`,
    takeovers: `${prefix}takeovers`,
    snapshotRequests: `${prefix}snapshots`,
    events: `${prefix}events`,
  };
}
