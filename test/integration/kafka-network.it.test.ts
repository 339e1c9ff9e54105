import { expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import { KnownBrokers } from '../../src/kafka/known-brokers.ts';
import { networkOptions } from '../support/kafka-writer.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

it('a bootstrap address that dies is replaced by the brokers that the cluster named, also for new connections', async () => {
  const [broker] = (await ensureStack({ brokers: 1 })).kafka;
  if (broker === undefined) throw new Error('no broker');
  const entrance = await TcpProxy.open(broker, () => 'relay');
  const options = networkOptions([`127.0.0.1:${entrance.port}`]);
  const known = new KnownBrokers(options.brokers);
  const first = new KafkaNetwork(options, known);
  await first.refreshMetadata([]);
  first.destroy();
  await entrance.close();
  const next = new KafkaNetwork(options, known);
  await expect(next.refreshMetadata([])).resolves.toEqual([]);
  next.destroy();
  const unknowing = new KafkaNetwork(options);
  await expect(unknowing.refreshMetadata([])).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  unknowing.destroy();
});
