import type { Passage } from './passage.ts';

/** What a scenario has come to. */
export type ReportRow =
  | { readonly name: string; readonly leftOut: string }
  | { readonly name: string; readonly notes: readonly string[]; readonly failure: string }
  | { readonly name: string; readonly notes: readonly string[]; readonly result: Passage };

/** True for a scenario that was played and in which nothing is wrong, and for one that was left out. */
export function isGood(row: ReportRow): boolean {
  if ('leftOut' in row) return true;
  if ('failure' in row) return false;
  const { report, scan } = row.result;
  return report.isClean && report.committedRows > 0 && scan.openTransactions === 0;
}

function cells(row: ReportRow): readonly string[] {
  if ('leftOut' in row) return [row.name, '', '', '', '', '', '', `left out: needs ${row.leftOut}`];
  if ('failure' in row)
    return [row.name, '', '', '', '', '', '', `FAILED: ${row.failure.split('\n')[0] ?? ''}`];
  const { report, takeovers } = row.result;
  return [
    row.name,
    ...[report.committedRows, report.kafkaRows, report.lost, report.duplicated, report.outOfOrder].map(
      String,
    ),
    takeovers.map((seconds) => seconds.toFixed(2)).join(', ') || '–',
    [...(isGood(row) ? [] : ['NOT CLEAN']), ...row.notes, ...report.findings].join('; '),
  ];
}

/** The results as a table of Markdown. */
export function renderRows(rows: readonly ReportRow[]): string {
  const head = [
    'scenario',
    'rows committed',
    'rows in Kafka',
    'lost',
    'duplicated',
    'out of order',
    'takeovers, s',
    'seen',
  ];
  const lines = [head, head.map(() => '---'), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('');
}
