import type { Config } from '../config/config.ts';
import { topicName } from '../encode/topic-name.ts';
import { HeavisideError } from '../errors.ts';
import { TableFilter } from '../transform/table-filter.ts';

const types = ['insert', 'update', 'delete'] as const;

/** The topics that the rows of a table go to: several where kafka_topic holds %{type}. */
export function topicsOf({ producer }: Config, database: string, table: string): readonly string[] {
  return [...new Set(types.map((type) => topicName(producer.topic, database, table, type)))];
}

/** @throws VERIFY_IMPOSSIBLE with everything that stands against a comparison under this configuration */
export function refuseUnverifiable(config: Config, tables: readonly (readonly [string, string])[]): void {
  const { producer, output, script } = config;
  const problems: string[] = [];
  if (producer.kind !== 'kafka') problems.push(`producer=${producer.kind} has no topic to read again`);
  if (output.format !== 'json')
    problems.push(`output_format=${output.format}: only JSON records can be read again`);
  if (output.encryption !== null) problems.push('encrypt: encrypted records cannot be read again');
  if (script !== null)
    problems.push('javascript may change rows, so that they differ from the source on purpose');
  const filter = new TableFilter(config.filter);
  for (const [database, table] of tables)
    if (filter.verdict(database, table, []).kind === 'exclude')
      problems.push(`filter leaves ${database}.${table} out`);
  if (problems.length > 0) throw new HeavisideError('VERIFY_IMPOSSIBLE', problems.join('; '));
}

/** A filter on values lets only some rows of a table through. */
export function refuseFilteredRows(
  { filter }: Config,
  database: string,
  table: string,
  columns: readonly string[],
): void {
  if (new TableFilter(filter).verdict(database, table, columns).kind === 'rows')
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      `filter lets only some rows of ${database}.${table} through: what the topic lacks of it cannot be told from what it leaves out`,
    );
}
