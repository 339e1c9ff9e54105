import type { Difference, TableResult } from './table-result.ts';

const count = (value: number): string => value.toLocaleString('en');

function keyText(key: Difference['key']): string {
  if (key === null) return 'a row';
  return Object.entries(key)
    .map(([name, value]) => `${name}=${value ?? 'NULL'}`)
    .join(', ');
}

function differenceLine({ kind, key, columns, record }: Difference): string {
  const where = record ? `${record.topic}-${record.partition}, offset ${record.offset}` : null;
  const words = {
    changed: `differs in ${columns?.join(', ') ?? ''} from its last record, ${where}`,
    missing: where === null ? 'is in no record' : `is deleted in the topic: ${where}`,
    extra: `is not in the source; its last record: ${where}`,
  };
  return `  ${kind.padEnd(7)}  ${keyText(key)} ${words[kind]}`;
}

/** What was found of a table, for people. */
export function renderResult(result: TableResult): string {
  const { max, uncomparedColumns, differences } = result;
  const told = new Map<string, number>();
  for (const { kind } of differences) told.set(kind, (told.get(kind) ?? 0) + 1);
  const all = result.mismatchedRows + result.missingRows + result.extraRows;
  const lines = [
    `${result.table}: ${result.isEqual ? 'equal' : 'DIFFERENT'} at ${result.position}`,
    `  rows in the source   ${count(result.sourceRows)}`,
    `  rows in the topic    ${count(result.topicRows)}   (${count(result.records)} records of ${result.topics.join(', ')})`,
    `  mismatched           ${count(result.mismatchedRows)}`,
    `  missing              ${count(result.missingRows)}`,
    `  extra                ${count(result.extraRows)}`,
    `  not covered          ${count(result.notCoveredRows)}${result.notCoveredRows > 0 ? '   (older than the topic; with --complete they count as missing)' : ''}`,
  ];
  if (max) lines.push(`  max(${max.column})   source ${max.source ?? 'NULL'}, topic ${max.topic ?? 'NULL'}`);
  for (const [column, rows] of Object.entries(uncomparedColumns))
    lines.push(
      `  not compared         column ${column} of ${count(rows)} rows: their records do not hold it`,
    );
  lines.push(...differences.map(differenceLine));
  if (all > differences.length)
    lines.push(`  … ${count(all - differences.length)} more; --show N tells more of them`);
  lines.push(
    `  ${result.seconds.toFixed(1)} s, ${count(Math.round(result.sourceRows / Math.max(result.seconds, 0.001)))} rows/s`,
  );
  return `${lines.join('\n')}\n`;
}
