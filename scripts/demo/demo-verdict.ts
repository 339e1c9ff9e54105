import type { AuditReport } from '../../test/support/audit-report.ts';
import type { LogScan } from '../../test/support/log-scan.ts';
import { LEASE_TTL_MS } from './demo-place.ts';
import { grouped } from './frame.ts';

/** Everything that the demo has found out. */
export interface DemoFindings {
  readonly report: AuditReport;
  readonly scan: LogScan;
  readonly failoverSeconds: number;
  readonly switchoverSeconds: number;
  /** Commit in the source → arrival at the consumer, milliseconds, outside the two changes of leader. */
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly reader: string;
}

/** The last line of the demo. */
export interface DemoLine {
  readonly committedRows: number;
  readonly kafkaRows: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly failoverSeconds: number;
  readonly switchoverSeconds: number;
}

const FAILOVER_LIMIT_S = LEASE_TTL_MS / 1000 + 2;
const SWITCHOVER_LIMIT_S = 1;

interface Row {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
  readonly isGood: boolean;
}

function rowsOf({ report, scan, failoverSeconds, switchoverSeconds }: DemoFindings): Row[] {
  const zero = (name: string, value: number): Row => ({
    name,
    value: grouped(value),
    wanted: '0',
    isGood: value === 0,
  });
  const most = (name: string, value: number, limit: number): Row => ({
    name,
    value: `${value.toFixed(2)} s`,
    wanted: `≤ ${limit} s`,
    isGood: value <= limit,
  });
  const { committedRows, kafkaRows, exactRows } = report;
  return [
    { name: 'rows committed in the source', value: grouped(committedRows), wanted: '', isGood: true },
    {
      name: 'rows read from Kafka',
      value: grouped(kafkaRows),
      wanted: grouped(committedRows),
      isGood: kafkaRows === committedRows,
    },
    {
      name: 'rows equal in every value',
      value: grouped(exactRows),
      wanted: grouped(committedRows),
      isGood: exactRows === committedRows,
    },
    zero('lost', report.lost),
    zero('duplicated', report.duplicated),
    zero('out of order', report.outOfOrder),
    zero('never committed by the source', report.phantom),
    zero('with a wrong value', report.wrongValues),
    zero('with a wrong xid, xoffset or commit', report.envelopeFaults),
    zero('half transactions', report.halfTransactions + scan.openTransactions),
    zero('old epoch behind a new one', report.epochRegressions),
    zero('rows unlike SELECT * of the source', report.foldDifferences),
    {
      name: 'abort markers in the log',
      value: grouped(scan.abortMarkers),
      wanted: '≥ 1',
      isGood: scan.abortMarkers > 0 && scan.abortedRecords > 0,
    },
    most('failover (leader killed)', failoverSeconds, FAILOVER_LIMIT_S),
    most('switchover (planned)', switchoverSeconds, SWITCHOVER_LIMIT_S),
  ];
}

/** The report as a table, with the audit's findings beneath it if there are any. */
export function renderVerdict(findings: DemoFindings): string {
  const { report, latency, reader } = findings;
  const lines = rowsOf(findings).map(
    ({ name, value, wanted, isGood }) =>
      `  ${isGood ? '✔' : '✘'} ${name.padEnd(38)}${value.padStart(12)}   ${wanted}`,
  );
  const delay = `  commit → consumer: p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms (outside the two changes of leader)`;
  const found = report.findings.map((finding) => `  ! ${finding}`);
  return [
    '',
    ` The audit, by ${reader}, read_committed, against what the source acknowledged`,
    ...lines,
    delay,
    ...found,
    '',
  ].join('\n');
}

/** True only if every line of the table is good. */
export function isGood(findings: DemoFindings): boolean {
  return findings.report.isClean && rowsOf(findings).every((row) => row.isGood);
}

/** The last line. Seconds are rounded up to the millisecond. */
export function demoLine({ report, failoverSeconds, switchoverSeconds }: DemoFindings): DemoLine {
  const { committedRows, kafkaRows, lost, duplicated, outOfOrder } = report;
  const rounded = (seconds: number): number => Math.ceil(seconds * 1000) / 1000;
  return {
    committedRows,
    kafkaRows,
    lost,
    duplicated,
    outOfOrder,
    failoverSeconds: rounded(failoverSeconds),
    switchoverSeconds: rounded(switchoverSeconds),
  };
}
