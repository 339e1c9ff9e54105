import type { Config } from '../config/config.ts';
import { Backoff } from '../lifecycle/backoff.ts';

/** The waits of kafka.retry.backoff.*, in milliseconds after so many failures in a row: constant without a multiplier. */
export function retryWaits({ kafka }: Config): (failures: number) => number {
  const { initialMs, multiplier, maxMs } = kafka.retryBackoff;
  return (failures) => {
    const backoff = new Backoff({
      initialMs,
      multiplier: multiplier ?? 1,
      maxMs: Math.max(initialMs, maxMs),
    });
    let wait = backoff.next();
    for (let i = 1; i < Math.min(failures, 64); i++) wait = backoff.next();
    return wait;
  };
}
