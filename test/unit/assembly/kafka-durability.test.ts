import { expect, it } from 'vitest';
import { durabilityFindings } from '../../../src/assembly/kafka-durability.ts';
import type { KafkaNetwork } from '../../../src/kafka/kafka-network.ts';

/** Topic `t` with so many replicas and settings; null: they may not be described. */
function network(replicationFactor: number, settings: Record<string, string> | null): KafkaNetwork {
  const configEntries = Object.entries(settings ?? {}).map(([configName, configValue]) => ({
    configName,
    configValue,
  }));
  const denied = Object.assign(new Error('not authorized'), { name: 'KafkaJSProtocolError', code: 29 });
  const describeConfigs = (): Promise<unknown> =>
    settings === null
      ? Promise.reject(denied)
      : Promise.resolve({ resources: [{ resourceName: 't', configEntries }] });
  return {
    refreshMetadata: () => Promise.resolve([{ topic: 't', errorCode: 0, leaders: [1], replicationFactor }]),
    anyBroker: () => Promise.resolve({ describeConfigs }),
  } as unknown as KafkaNetwork;
}

const safe = { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' };

it.each([
  ['three replicas, two of them for a write', 3, safe, 'ok'],
  ['one replica', 1, safe, 'one replica'],
  ['a write on one broker alone', 3, { ...safe, 'min.insync.replicas': '1' }, 'min.insync.replicas=1'],
  [
    'a leader that lacks commits',
    3,
    { ...safe, 'unclean.leader.election.enable': 'true' },
    'unclean.leader.election.enable=true',
  ],
  ['settings that may not be seen', 3, null, 'ok'],
])('a topic with %s', async (_, replicas, settings, expected) => {
  const [finding, ...others] = await durabilityFindings(network(replicas, settings), ['t']);
  expect(others).toEqual([]);
  if (expected === 'ok') expect(finding).toMatchObject({ severity: 'ok', fix: '' });
  else {
    expect(finding).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining(expected) as unknown,
      fix: expect.stringMatching(/./) as unknown,
    });
  }
});
