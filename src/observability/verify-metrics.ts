import type { VerifySummary } from '../model/verify-summary.ts';
import type { MetricDefinition } from './metric-definition.ts';

interface VerifyMetric {
  readonly name: string;
  readonly help: string;
  /** Null: there is nothing to say. */
  readonly value: (summary: VerifySummary) => number | null;
}

/** What the last comparison of each table found: on every replica's metrics page, and in the file of --metrics-file. */
export const verifyMetrics: readonly VerifyMetric[] = [
  {
    name: 'heaviside_verify_mismatched_rows',
    help: 'Rows whose last record differs from the source, by the last heaviside verify of the table.',
    value: ({ mismatchedRows }) => mismatchedRows,
  },
  {
    name: 'heaviside_verify_missing_rows',
    help: 'Rows of the source that the topic lacks.',
    value: ({ missingRows }) => missingRows,
  },
  {
    name: 'heaviside_verify_extra_rows',
    help: 'Rows of the topic that the source lacks.',
    value: ({ extraRows }) => extraRows,
  },
  {
    name: 'heaviside_verify_not_covered_rows',
    help: 'Rows of the source that are older than the topic.',
    value: ({ notCoveredRows }) => notCoveredRows,
  },
  {
    name: 'heaviside_verify_source_rows',
    help: 'Rows of the source that were compared.',
    value: ({ sourceRows }) => sourceRows,
  },
  {
    name: 'heaviside_verify_duration_seconds',
    help: 'Seconds that the comparison took.',
    value: ({ seconds }) => seconds,
  },
  {
    name: 'heaviside_verify_last_run_timestamp_seconds',
    help: 'Seconds since 1970: when the last comparison of the table ended.',
    value: ({ endedAt }) => endedAt,
  },
  {
    name: 'heaviside_verify_last_success_timestamp_seconds',
    help: 'Seconds since 1970: when the last comparison ended that found both sides equal.',
    value: ({ equalAt }) => equalAt,
  },
];

/** The same for the metrics page: one sample a table. */
export const verifyDefinitions: readonly MetricDefinition[] = verifyMetrics.map(({ name, help, value }) => ({
  name,
  kind: 'gauge',
  help,
  labels: ['table'],
  read: ({ readings }) =>
    readings.verified.flatMap((summary) => {
      const shown = value(summary);
      return shown === null ? [] : [{ labels: { table: summary.table }, value: shown }];
    }),
}));
