import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BatchTooLargeError, produce, type ProduceOptions } from '../../../src/kafka/produce-request.ts';
import type { RecordBatch } from '../../../src/kafka/record-batch.ts';
import { RecordBatchWriter } from '../../../src/kafka/record-batch-writer.ts';
import { appendTo } from '../../support/record-batches.ts';
import { ScriptedNetwork } from '../../support/scripted-network.ts';

async function batchOf(count: number, size = 10): Promise<RecordBatch> {
  const writer = new RecordBatchWriter();
  for (let i = 0; i < count; i++)
    appendTo(writer, { key: null, value: Buffer.alloc(size, 0x61), headers: [] });
  return writer.finish(1, null);
}

const options = (overrides: Partial<ProduceOptions> = {}): ProduceOptions => ({
  producer: { producerId: 9n, producerEpoch: 2, isTransactional: true },
  transactionalId: 'id',
  acks: -1,
  timeoutMs: 1000,
  maxRequestBytes: 1_000_000,
  maxInFlight: 5,
  sequences: new Map(),
  ...overrides,
});

const part = (
  topic: string,
  partition: number,
  ...batches: RecordBatch[]
): { topic: string; partition: number; batches: RecordBatch[] } => ({
  topic,
  partition,
  batches,
});

describe('produce', () => {
  it('sends the batches of a partition in order with running sequences, one in a request', async () => {
    const scripted = new ScriptedNetwork(ScriptedNetwork.accept);
    const sequences = new Map([['t-1', 2 ** 31 - 2]]);
    const parts = [
      part('t', 0, await batchOf(3), await batchOf(4), await batchOf(1)),
      part('t', 1, await batchOf(5), await batchOf(2)),
    ];
    await produce(scripted.network, parts, options({ sequences }));
    expect(
      scripted.seen.map(({ parts: seen }) => seen.map((each) => [each.partition, each.baseSequence])),
    ).toEqual([
      [
        [0, 0],
        [1, 2 ** 31 - 2],
      ],
      [
        [0, 3],
        [1, 3],
      ],
      [[0, 7]],
    ]);
    expect(Object.fromEntries(sequences)).toEqual({ 't-0': 8, 't-1': 5 });
  });

  it('divides a round by kafka.max.request.size, and a larger batch goes alone', async () => {
    const scripted = new ScriptedNetwork(ScriptedNetwork.accept);
    const parts = await Promise.all(
      [300, 300, 5000, 300, 300].map(async (size, partition) => part('t', partition, await batchOf(1, size))),
    );
    await produce(scripted.network, parts, options({ maxRequestBytes: 1000 }));
    expect(scripted.seen.map(({ parts: seen }) => seen.map(({ partition }) => partition))).toEqual([
      [0, 1],
      [2],
      [3, 4],
    ]);
    for (const { bytes, parts: seen } of scripted.seen)
      if (seen.length > 1) expect(bytes).toBeLessThanOrEqual(1000);
  });

  it('keeps at most maxInFlight requests on their way to a broker', async () => {
    const scripted = new ScriptedNetwork(async (request) => {
      await sleep(2);
      return ScriptedNetwork.accept(request);
    });
    const batches = await Promise.all(Array.from({ length: 12 }, () => batchOf(1)));
    const answers = await produce(scripted.network, [part('t', 0, ...batches)], options({ maxInFlight: 3 }));
    expect(scripted.maxInFlight).toBe(3);
    expect(answers).toHaveLength(12);
  });

  it('goes to each leader, and waits for all of them before it fails', async () => {
    let answered = 0;
    const scripted = new ScriptedNetwork(
      async (request) => {
        if (request.broker === 0) return request.parts.map((each) => ({ ...each, code: 6, baseOffset: -1n }));
        await sleep(20);
        answered++;
        return ScriptedNetwork.accept(request);
      },
      (_, partition) => partition,
    );
    const parts = [part('t', 0, await batchOf(1)), part('t', 1, await batchOf(1))];
    await expect(produce(scripted.network, parts, options())).rejects.toMatchObject({
      code: 'KAFKA_RETRIABLE',
    });
    expect(answered).toBe(1);
  });

  it('takes an answer without a partition that was sent for an error', async () => {
    const scripted = new ScriptedNetwork((request) => ScriptedNetwork.accept(request).slice(0, 1));
    const parts = [part('t', 0, await batchOf(1)), part('t', 3, await batchOf(1))];
    await expect(produce(scripted.network, parts, options())).rejects.toThrow('no acknowledgement for t-3');
  });

  it('tells which batch was too large', async () => {
    const scripted = new ScriptedNetwork(({ parts }) =>
      parts.map(({ topic, partition }) => ({
        topic,
        partition,
        code: partition === 2 ? 10 : 0,
        baseOffset: 0n,
      })),
    );
    const large = await batchOf(2, 50);
    const parts = [part('t', 0, await batchOf(1)), part('t', 2, large)];
    const error = await produce(scripted.network, parts, options()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BatchTooLargeError);
    expect(error).toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE', topic: 't', partition: 2, batch: large });
  });

  it('without idempotence sends no producer and no sequence', async () => {
    const scripted = new ScriptedNetwork(ScriptedNetwork.accept);
    const nobody = { producerId: -1n, producerEpoch: -1, isTransactional: false };
    await produce(
      scripted.network,
      [part('t', 0, await batchOf(2))],
      options({ producer: nobody, transactionalId: null, sequences: null, acks: 1 }),
    );
    expect(scripted.seen[0]).toMatchObject({ transactionalId: null, acks: 1, parts: [{ baseSequence: -1 }] });
  });
});
