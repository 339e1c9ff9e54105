import type { LoadLog } from '../../test/support/load-log.ts';
import type { TopicRecord } from '../../test/support/topic-record.ts';

/**
 * Milliseconds from the source's acknowledgement to the arrival at the consumer, per record, of the transactions
 * acknowledged outside the `pauses` (milliseconds since 1970).
 */
export function commitLatency(
  log: LoadLog,
  records: readonly TopicRecord[],
  pauses: readonly (readonly [from: number, to: number])[],
): { readonly p50: number; readonly p99: number } {
  const acknowledged = new Map(log.transactions.map(({ gtid, acknowledgedAt }) => [gtid, acknowledgedAt]));
  const delays: number[] = [];
  for (const { messageId, arrivedAt } of records) {
    const at = acknowledged.get(messageId.split('#')[0] ?? '');
    if (at === undefined || Number.isNaN(arrivedAt) || pauses.some(([from, to]) => at >= from && at <= to))
      continue;
    delays.push(Math.max(0, arrivedAt - at)); // a record may arrive before the acknowledgement does
  }
  delays.sort((a, b) => a - b);
  const quantile = (share: number): number => delays[Math.floor(delays.length * share)] ?? NaN;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
