import type { Config } from '../config/config.ts';

/** The times of the lease, in milliseconds. A node that is slow is given up early enough for the others to be asked again. */
export function leaseTimes({ ha }: Config): { ttlMs: number; renewalMs: number; nodeTimeoutMs: number } {
  return {
    ttlMs: ha.leaseTtlMs,
    renewalMs: ha.leaseRenewalMs,
    nodeTimeoutMs: Math.min(ha.redis.commandTimeoutMs, Math.floor(ha.leaseTtlMs / 4)),
  };
}
