import { kafkaError, kafkaProtocolError, toKafkaError } from './kafka-errors.ts';
import type { KafkaBroker } from './kafkajs-driver.ts';
import { sendRaw } from './raw-request.ts';
import type { BatchProducer } from './record-batch.ts';
import { WireReader, WireWriter } from './wire.ts';

/**
 * Adds partitions to the open transaction (AddPartitionsToTxn v0). Where one is refused, the broker answers
 * OPERATION_NOT_ATTEMPTED for all others: the error that is thrown is the one behind it, with its topic.
 */
export async function addPartitions(
  coordinator: KafkaBroker,
  transactionalId: string,
  producer: BatchProducer,
  topics: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const writer = new WireWriter()
    .string(transactionalId)
    .int64(producer.producerId)
    .int16(producer.producerEpoch)
    .int32(topics.size);
  for (const [topic, partitions] of topics) {
    writer.string(topic).int32(partitions.length);
    for (const partition of partitions) writer.int32(partition);
  }
  let raw: Buffer;
  try {
    const body = [writer.take()];
    raw = await sendRaw(coordinator, { apiKey: 24, apiVersion: 0, apiName: 'AddPartitionsToTxn', body });
  } catch (error) {
    throw toKafkaError(error, 'AddPartitionsToTxn', { transactionalId });
  }
  const refusals = readRefusals(raw);
  const cause = refusals.find(({ code }) => code !== kafkaError.operationNotAttempted) ?? refusals[0];
  if (cause) {
    const acl = { topic: `Write on Topic ${cause.topic}`, transactionalId };
    throw kafkaProtocolError(cause.code, `adding ${cause.place} to the transaction`, acl);
  }
}

function readRefusals(raw: Buffer): { topic: string; place: string; code: number }[] {
  const reader = new WireReader(raw);
  reader.int32(); // throttle_time_ms
  const answers = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => ({ topic, place: `${topic}-${reader.int32()}`, code: reader.int16() }));
  });
  return answers.flat().filter(({ code }) => code !== kafkaError.none);
}
