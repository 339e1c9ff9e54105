import { kafkaError, KafkaProtocolError, kafkaProtocolError, toKafkaError } from './kafka-errors.ts';
import type { KafkaNetwork } from './kafka-network.ts';
import { advanceSequence, stampBatch, type BatchProducer, type RecordBatch } from './record-batch.ts';
import type { KafkaBroker } from './kafkajs-driver.ts';
import { sendRaw } from './raw-request.ts';
import { WireReader, WireWriter } from './wire.ts';

export interface ProduceOptions {
  readonly producer: BatchProducer;
  readonly transactionalId: string | null;
  /** -1 all, 1 leader, 0 none (nothing is answered then). */
  readonly acks: -1 | 0 | 1;
  /** Milliseconds that the broker may wait for its replicas. */
  readonly timeoutMs: number;
  /** Bytes of one request at most; a single larger batch still goes alone. */
  readonly maxRequestBytes: number;
  /** Requests on their way to one broker at most. */
  readonly maxInFlight: number;
  /** Next sequence by `topic-partition`; advanced here. Null: the producer is not idempotent. */
  readonly sequences: Map<string, number> | null;
  readonly onRequest?: (bytes: number, milliseconds: number) => void;
}

interface Part {
  readonly topic: string;
  readonly partition: number;
  readonly batch: RecordBatch;
}

export interface ProducedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: bigint;
}

/** The broker takes no batch of this size for this topic. */
export class BatchTooLargeError extends KafkaProtocolError {
  readonly topic: string;
  readonly partition: number;
  readonly batch: RecordBatch;

  constructor({ topic, partition, batch }: Part, protocolCode: number) {
    const { length } = batch.bytes;
    const text = `${topic}-${partition} refuses a batch of ${batch.recordCount} records and ${length} bytes as too large`;
    super('KAFKA_RECORD_TOO_LARGE', text, protocolCode);
    this.topic = topic;
    this.partition = partition;
    this.batch = batch;
  }
}

/**
 * Writes batches and checks the answer for every partition that was sent. The batches of a partition go out in order
 * over one connection; after any failure the producer must be given up, so nothing is ever sent twice by one producer.
 */
export async function produce(
  network: KafkaNetwork,
  partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly batches: readonly RecordBatch[];
  }[],
  options: ProduceOptions,
): Promise<ProducedOffset[]> {
  const byBroker = new Map<KafkaBroker, Part[][]>();
  for (const { topic, partition, batches } of partitions) {
    const broker = await network.leaderOf(topic, partition);
    let rounds = byBroker.get(broker);
    if (!rounds) byBroker.set(broker, (rounds = []));
    // One record batch a partition and request (KIP-98): the n-th batch of each goes into the n-th round.
    for (const [round, batch] of batches.entries()) {
      stamp(topic, partition, batch, options);
      (rounds[round] ??= []).push({ topic, partition, batch });
    }
  }
  const results = await settleAll(
    [...byBroker].map(([broker, rounds]) => produceToBroker(broker, rounds, options)),
  );
  return results.flat();
}

/** Waits for all, so that no request is left behind, then gives the first failure. */
async function settleAll<T>(promises: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

function stamp(topic: string, partition: number, batch: RecordBatch, options: ProduceOptions): void {
  const { sequences, producer } = options;
  if (!sequences) return stampBatch(batch, producer, -1);
  const key = `${topic}-${partition}`;
  const sequence = sequences.get(key) ?? 0;
  stampBatch(batch, producer, sequence);
  sequences.set(key, advanceSequence(sequence, batch.recordCount));
}

async function produceToBroker(
  broker: KafkaBroker,
  rounds: readonly Part[][],
  options: ProduceOptions,
): Promise<ProducedOffset[]> {
  const offsets: ProducedOffset[] = [];
  const inFlight: Promise<ProducedOffset[]>[] = [];
  try {
    for (const round of rounds) {
      for (const parts of splitBySize(round, options.maxRequestBytes)) {
        if (inFlight.length >= options.maxInFlight) offsets.push(...((await inFlight.shift()) ?? []));
        const sent = sendParts(broker, parts, options);
        sent.catch(() => undefined); // seen when it is awaited below
        inFlight.push(sent);
      }
    }
    for (const sent of inFlight) offsets.push(...(await sent));
    return offsets;
  } catch (error) {
    await Promise.allSettled(inFlight);
    throw error;
  }
}

function splitBySize(parts: readonly Part[], maxBytes: number): Part[][] {
  const groups: Part[][] = [];
  let bytes = Infinity;
  for (const part of parts) {
    const size = part.batch.bytes.length + part.topic.length + 32;
    if (bytes + size > maxBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(part);
    bytes += size;
  }
  return groups;
}

async function sendParts(
  broker: KafkaBroker,
  parts: readonly Part[],
  options: ProduceOptions,
): Promise<ProducedOffset[]> {
  const body = encodeProduce(parts, options);
  const startedAt = performance.now();
  let raw: Buffer;
  try {
    raw = await sendRaw(broker, {
      apiKey: 0,
      apiVersion: 7,
      apiName: 'Produce',
      body,
      ...(options.acks === 0 ? { expectResponse: false } : {}),
    });
  } catch (error) {
    throw toKafkaError(error, 'Produce');
  }
  const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
  options.onRequest?.(bytes, performance.now() - startedAt);
  return options.acks === 0 ? [] : readResponse(raw, parts);
}

/** Batches below this many bytes are cheaper to copy than to write one by one. */
const copyBelowBytes = 4096;

/** Produce v7: transactional_id acks timeout [topic [partition records]], in pieces: the batches stand in it as they are. */
export function encodeProduce(
  parts: readonly Part[],
  { transactionalId, acks, timeoutMs }: Pick<ProduceOptions, 'transactionalId' | 'acks' | 'timeoutMs'>,
): Buffer[] {
  const byTopic = new Map<string, Part[]>();
  for (const part of parts) {
    const sameTopic = byTopic.get(part.topic);
    if (sameTopic) sameTopic.push(part);
    else byTopic.set(part.topic, [part]);
  }
  const pieces: Buffer[] = [];
  let writer = new WireWriter().string(transactionalId).int16(acks).int32(timeoutMs).int32(byTopic.size);
  for (const [topic, members] of byTopic) {
    writer.string(topic).int32(members.length);
    for (const { partition, batch } of members) {
      writer.int32(partition);
      if (batch.bytes.length < copyBelowBytes) {
        writer.bytes(batch.bytes);
        continue;
      }
      pieces.push(writer.int32(batch.bytes.length).take(), batch.bytes);
      writer = new WireWriter();
    }
  }
  const rest = writer.take();
  return rest.length > 0 ? [...pieces, rest] : pieces;
}

function refusal(
  parts: readonly Part[],
  { topic, partition }: { topic: string; partition: number },
  code: number,
): KafkaProtocolError {
  const isTooLarge = code === kafkaError.messageTooLarge || code === kafkaError.recordListTooLarge;
  const part = parts.find((each) => each.topic === topic && each.partition === partition);
  if (isTooLarge && part) return new BatchTooLargeError(part, code);
  return kafkaProtocolError(code, `writing to ${topic}-${partition}`, { topic: `Write on Topic ${topic}` });
}

function readResponse(raw: Buffer, parts: readonly Part[]): ProducedOffset[] {
  const reader = new WireReader(raw);
  const missing = new Set(parts.map(({ topic, partition }) => `${topic}-${partition}`));
  const offsets: ProducedOffset[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => {
      const partition = reader.int32();
      const code = reader.int16();
      const baseOffset = reader.int64();
      reader.int64(); // log_append_time
      reader.int64(); // log_start_offset
      if (code !== kafkaError.none) throw refusal(parts, { topic, partition }, code);
      missing.delete(`${topic}-${partition}`);
      offsets.push({ topic, partition, baseOffset });
    });
  });
  if (missing.size > 0) throw kafkaProtocolError(-1, `no acknowledgement for ${[...missing].join(', ')}`);
  return offsets;
}
