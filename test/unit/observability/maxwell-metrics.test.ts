import { describe, expect, it } from 'vitest';
import { maxwellMetrics, renderMaxwellMetrics } from '../../../src/observability/maxwell-metrics.ts';
import type { MetricView } from '../../../src/observability/metric-definition.ts';
import { createPipelineCounters } from '../../../src/observability/pipeline-counters.ts';
import { SampleReservoir } from '../../../src/observability/sample-reservoir.ts';
import { TransactionSamples } from '../../../src/observability/transaction-samples.ts';
import { BatchTally } from '../../../src/model/batch-tally.ts';
import { ReplicaState } from '../../../src/replica-state.ts';
import { transaction } from '../../support/row-image-bytes.ts';

const readings = { lagSeconds: 1.25, waitingTransactions: 3 } as MetricView['readings'];

function viewOf(counters: Partial<MetricView['counters']> = {}): MetricView {
  return {
    counters: { ...createPipelineCounters(), ...counters },
    readings,
    usage: { residentBytes: 0, cpuSeconds: 0, diskReadBytes: null, diskWrittenBytes: null },
    rate: () => 0,
    average: () => 0,
  };
}

function page(
  samples = new TransactionSamples(null),
  view = viewOf(),
  prefix = 'MaxwellMetrics',
): Map<string, number> {
  const lines = renderMaxwellMetrics(prefix, view, samples)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}

describe("Maxwell's names", () => {
  it('show what the counters and the state hold', () => {
    const shown = page(
      new TransactionSamples(null),
      viewOf({
        records: 7,
        failedRecords: 2,
        insertedRows: 4,
        updatedRows: 2,
        deletedRows: 1,
        filteredRows: 5,
      }),
    );
    expect(Object.fromEntries(shown)).toMatchObject({
      MaxwellMetrics_messages_succeeded: 7,
      MaxwellMetrics_messages_succeeded_meter_total: 7,
      MaxwellMetrics_messages_failed: 2,
      MaxwellMetrics_messages_failed_meter_total: 2,
      MaxwellMetrics_row_count: 12,
      MaxwellMetrics_row_meter_total: 12,
      MaxwellMetrics_replication_lag: 1250,
      MaxwellMetrics_inflightmessages_count: 3,
    });
  });

  it('have the types of the Prometheus page of Maxwell, and its form of a summary', () => {
    const samples = new TransactionSamples(null);
    for (let i = 1; i <= 100; i++) samples.rows.add(i);
    const text = renderMaxwellMetrics('MaxwellMetrics', viewOf(), samples);
    expect(text).toContain('# TYPE MaxwellMetrics_messages_succeeded gauge\n');
    expect(text).toContain('# TYPE MaxwellMetrics_messages_succeeded_meter_total counter\n');
    expect(text).toContain(
      [
        '# TYPE MaxwellMetrics_transaction_row_count summary',
        ...['0.5"} 50', '0.75"} 75', '0.95"} 95', '0.98"} 98', '0.99"} 99', '0.999"} 100'].map(
          (rest) => `MaxwellMetrics_transaction_row_count{quantile="${rest}`,
        ),
        'MaxwellMetrics_transaction_row_count_count 100\n',
      ].join('\n'),
    );
  });

  it('stand behind the prefix, which is made a legal name', () => {
    expect([...page(undefined, undefined, 'db.one').keys()].every((name) => name.startsWith('db_one_'))).toBe(
      true,
    );
    expect(maxwellMetrics.length).toBeGreaterThan(10);
  });

  it('have no lag on a standby', () => {
    const standby = { ...viewOf(), readings: { ...readings, lagSeconds: null, waitingTransactions: null } };
    const shown = page(undefined, standby);
    expect(shown.has('MaxwellMetrics_replication_lag')).toBe(false);
    expect(shown.has('MaxwellMetrics_inflightmessages_count')).toBe(false);
  });
});

describe('samples', () => {
  it('keep the last 1,028 values and count all', () => {
    const reservoir = new SampleReservoir();
    expect(reservoir.quantiles([0.5])).toEqual([0]);
    for (let i = 0; i < 3000; i++) reservoir.add(i);
    expect(reservoir.count).toBe(3000);
    expect(reservoir.quantiles([0.0001, 1])).toEqual([3000 - 1028, 2999]);
  });

  it('are taken of transactions with rows as they are done with, and violations of the objective counted', () => {
    const state = new ReplicaState('one', 5000, 60);
    const at = (secondsAgo: number): number => (Date.now() - secondsAgo * 1000) * 1000;
    const tally = new BatchTally();
    tally.addTransaction(transaction([], { commitTimestampUs: at(1) }));
    tally.addTransaction(transaction([], { commitTimestampUs: at(100) }));
    tally.addTransaction(transaction([], { commitTimestampUs: at(200), hasRows: false }));
    tally.addRows({
      written: { insert: 3, update: 2, delete: 1 },
      rowsFiltered: 4,
      rowsUndecodable: 0,
      tables: new Set(['a.b']),
    });
    state.countCommitted(tally);
    expect(state.counters.transactions).toBe(3);
    expect(state.samples.ageSeconds.count).toBe(2);
    expect(state.samples.sloViolations).toBe(1);
    expect(state.samples.rows.quantiles([1])).toEqual([10]);
    expect(page(state.samples).get('MaxwellMetrics_message_publish_age_slo_violation')).toBe(1);
  });
});
