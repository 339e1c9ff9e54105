import type { SourceFinding } from '../binlog/source-checks.ts';
import { describeConfig, type Config } from '../config/config.ts';
import { optionNames, optionOf, type OptionName } from '../config/options.ts';

/** Options that decide what records are like, and name a place all the same. */
const places = new Set<OptionName>(['avro_schema_registry_url']);

/** Options that decide what happens in a fault: a drill in one environment tells of another only where they are alike. */
const faultOptions = new Set<OptionName>([
  'delivery',
  'gtid_mode',
  'ha',
  'kafka.acks',
  'kafka.enable.idempotence',
  'kafka.transaction.timeout.ms',
  'kafka_topic_create',
  'lease_ttl_ms',
  'redis_outage',
]);

const finding = (severity: SourceFinding['severity'], message: string, fix = ''): SourceFinding => ({
  code: 'CONFIG_INVALID',
  severity,
  message,
  fix,
});

const shown = (value: unknown): string => (value === null ? 'not given' : JSON.stringify(value));

/**
 * What two environments (production and staging, say) differ in: an error where consumers would see other records, or where
 * both would be one cluster; a warning where a fault would end otherwise; all other differences are told. No secret is shown.
 */
export function compareEnvironments(mine: Config, other: Config): SourceFinding[] {
  const [ours, theirs] = [describeConfig(mine), describeConfig(other)];
  const findings = [...sharedPlaces(mine, other)];
  for (const name of optionNames) {
    const [here, there] = [shown(ours[name]), shown(theirs[name])];
    if (here === there) continue;
    const message = `${name} is ${here} here and ${there} there`;
    if (optionOf(name).shapesStream && !places.has(name))
      findings.push(
        finding('error', message, 'Consumers would see other records: make them alike, or mean it.'),
      );
    else if (faultOptions.has(name))
      findings.push(
        finding('warning', message, 'A fault would end otherwise: what was tried there does not hold here.'),
      );
    else findings.push(finding('ok', message));
  }
  if (mine.script?.text !== other.script?.text)
    findings.push(finding('error', 'the files of javascript differ', 'Consumers would see other records.'));
  if (findings.length === 0) findings.push(finding('ok', 'both are alike in every option'));
  return findings;
}

/** Two environments in one Kafka or Redis under one name are one cluster, and fence each other. */
function sharedPlaces(mine: Config, other: Config): SourceFinding[] {
  const findings: SourceFinding[] = [];
  const inCommon = (a: readonly string[], b: readonly string[]): string[] =>
    a.filter((each) => b.includes(each));
  const brokers = inCommon(mine.kafka.bootstrapServers, other.kafka.bootstrapServers);
  if (brokers.length > 0 && mine.kafka.transaction.id === other.kafka.transaction.id)
    findings.push(
      finding(
        'error',
        `both write to ${brokers.join(', ')} under the transactional id ${mine.kafka.transaction.id}: each would fence the other`,
        'Give each environment its own client_id.',
      ),
    );
  const labels = ({ ha }: Config): string[] => ha.redis.nodes.map(({ label }) => label);
  const nodes = inCommon(labels(mine), labels(other));
  if (nodes.length > 0 && mine.clientId === other.clientId)
    findings.push(
      finding(
        'error',
        `both elect in ${nodes.join(', ')} under the client_id ${mine.clientId}: they would be one cluster`,
        'Give each environment its own client_id.',
      ),
    );
  return findings;
}
