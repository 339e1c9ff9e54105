import type { SourceFinding } from '../binlog/source-checks.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import { readTopicConfig } from '../kafka/topic-config.ts';

const names = ['min.insync.replicas', 'unclean.leader.election.enable'] as const;

/**
 * Whether Kafka can lose what it has acknowledged: the replicas of each topic that exists, how many of them must have a
 * write, and who may lead. A promise of exactly once is worth no more than that.
 */
export async function durabilityFindings(
  network: KafkaNetwork,
  topics: readonly string[],
): Promise<SourceFinding[]> {
  const findings: SourceFinding[] = [];
  for (const { topic, errorCode, replicationFactor } of await network.refreshMetadata(topics)) {
    if (errorCode !== 0) continue;
    const config = await readTopicConfig(network, topic, names);
    const weakness = weaknessOf(replicationFactor, config);
    findings.push(
      weakness === null
        ? {
            code: 'POSITION_REGRESSED',
            severity: 'ok',
            message: `topic ${topic} survives the loss of a broker`,
            fix: '',
          }
        : { code: 'POSITION_REGRESSED', severity: 'warning', ...weakness(topic) },
    );
  }
  return findings;
}

type Weakness = (topic: string) => { readonly message: string; readonly fix: string };

function weaknessOf(replicas: number, config: ReadonlyMap<string, string> | null): Weakness | null {
  if (replicas < 2)
    return (topic) => ({
      message: `topic ${topic} has one replica: with its broker's disk committed rows are gone`,
      fix: 'Give it a replication factor of 3.',
    });
  if (config !== null && Number(config.get('min.insync.replicas') ?? 2) < 2)
    return (topic) => ({
      message: `topic ${topic} has min.insync.replicas=1: a commit may stand on one broker alone`,
      fix: 'Set min.insync.replicas=2 on it.',
    });
  if (config?.get('unclean.leader.election.enable') === 'true')
    return (topic) => ({
      message: `topic ${topic} has unclean.leader.election.enable=true: a replica that lacks commits may lead`,
      fix: 'Set unclean.leader.election.enable=false on it.',
    });
  return null;
}
