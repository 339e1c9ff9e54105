import { HeavisideError } from '../errors.ts';

/** Kafka's rule for topic names (org.apache.kafka.common.internals.Topic). */
const legalName = /^[a-zA-Z0-9._-]{1,249}$/;

/** Fills %{database}, %{table} and %{type} in; throws KAFKA_TOPIC_INVALID where Kafka would refuse the name. */
export function topicName(template: string, database: string, table: string, type: string): string {
  const values: Readonly<Record<string, string>> = { database, table, type };
  const name = template.replace(/%\{(database|table|type)\}/g, (_, key: string) => values[key] ?? '');
  return legalTopicName(name, { database, table });
}

/** Returns the name; throws KAFKA_TOPIC_INVALID where Kafka would refuse it. */
export function legalTopicName(
  name: string,
  { database, table }: { readonly database: string; readonly table: string },
): string {
  if (!legalName.test(name) || name === '.' || name === '..') {
    throw new HeavisideError(
      'KAFKA_TOPIC_INVALID',
      `topic ${JSON.stringify(name)} for table \`${database}\`.\`${table}\` is no legal name`,
    );
  }
  return name;
}
