import { expect, it } from 'vitest';
import { defaultEncodeOptions } from '../../../src/encode/encode-options.ts';
import { MaxwellJson } from '../../../src/encode/maxwell-json.ts';
import { type SplitPoint, TransactionEncoder } from '../../../src/encode/transaction-encoder.ts';
import type { RowScript } from '../../../src/model/row-script.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import { column, image, int32, rowsEvent, table, transaction } from '../../support/row-image-bytes.ts';

const items = table([column('id', 3)]);
const ids = [1, 2, 3, 4, 5, 6, 7, 8];
const source = transaction([
  [rowsEvent('insert', { table: items, rows: Buffer.concat(ids.map((id) => image(int32(id)))) })],
]);

/** Suppresses every other row, sends the third one elsewhere, and notes what it was shown. */
class Picky implements RowScript {
  readonly seen: string[] = [];

  processRow({ data, query }: Parameters<RowScript['processRow']>[0]): ReturnType<RowScript['processRow']> {
    const id = data[0]?.json ?? '';
    this.seen.push(id);
    if (Number(id) % 2 === 0) return 'suppressed';
    if (id !== '3') return 'unchanged';
    const kept = data.map(({ name, json }) => ({ name, json, isUntouched: true }));
    return { data: kept, old: [], extraAttributes: [], query, topic: 'elsewhere', partitionText: null };
  }
}

interface Run {
  readonly values: readonly string[];
  readonly splits: readonly SplitPoint[];
  readonly seen: readonly string[];
}

async function run(resume: SplitPoint | null = null): Promise<Run> {
  const script = new Picky();
  const sink = new CollectingSink({ capacity: 1 });
  const encoder = new TransactionEncoder(defaultEncodeOptions, new MaxwellJson(defaultEncodeOptions), {
    script,
  });
  const steps = encoder.encode(source, sink, resume);
  const splits: SplitPoint[] = [];
  for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
    splits.push(step.value);
    sink.drain();
  }
  return {
    values: sink.records.map(({ topic, value }) => `${topic} ${value}`),
    splits,
    seen: script.seen,
  };
}

it('a transaction that is split and resumed anywhere shows the script each row once, and writes the same', async () => {
  const whole = await run();
  expect(whole.values.map((value) => /^\w+|"xoffset":\d|"commit":true/gu[Symbol.match](value))).toEqual([
    ['maxwell', '"xoffset":0'],
    ['elsewhere', '"xoffset":1'],
    ['maxwell', '"xoffset":2'],
    ['maxwell', '"commit":true'],
  ]);
  expect(whole.seen).toEqual(ids.map(String));
  expect(whole.splits).not.toHaveLength(0);
  for (const [written, split] of whole.splits.entries()) {
    const rest = await run(split);
    expect(rest.values).toEqual(whole.values.slice(written + 1));
    expect(rest.seen).toEqual(ids.map(String));
  }
});
