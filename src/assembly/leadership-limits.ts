import type { Config } from '../config/config.ts';
import type { LeadershipOptions } from '../leadership-options.ts';

/** What a leadership waits for, in milliseconds, and what it does where it cannot go on. */
export function leadershipLimits({
  position,
  kafka,
  source,
}: Config): Pick<
  LeadershipOptions,
  'onRegression' | 'lingerMs' | 'positionHeartbeatMs' | 'maxBlockMs' | 'reconnectAttempts'
> {
  return {
    onRegression: position.onRegression === 'replay' ? 'replay' : 'block',
    lingerMs: Math.min(kafka.lingerMs, kafka.transaction.maxMs),
    positionHeartbeatMs: position.heartbeatMs,
    maxBlockMs: kafka.maxBlockMs,
    reconnectAttempts: source.reconnectAttempts,
  };
}
