import { beforeAll, describe, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../src/encode/encode-options.ts';
import { partitionHash } from '../../src/encode/partition-hash.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import { askJava } from '../support/java/java-oracle.ts';
import { compareNumberTexts } from '../support/java/number-texts.ts';
import { partitionColumns, type JavaValue } from '../support/java/partition-cases.ts';
import { image, rowsEvent, table, transaction } from '../support/row-image-bytes.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const SEED = 20_262;
const text = (value: string): string => `s:${Buffer.from(value).toString('hex')}`;

/** A row to be partitioned, and the values whose texts Java is to hash. */
interface Case {
  readonly options: Partial<EncodeOptions>;
  readonly values: readonly (JavaValue | null)[];
  readonly columns: readonly number[];
  readonly primaryKey: readonly number[];
  readonly java: readonly string[];
}

function randomRow(random: SeededRandom, columns: readonly number[], nulls: number): (JavaValue | null)[] {
  return columns.map((index) =>
    random.chance(nulls) ? null : (partitionColumns[index]?.value(random) ?? null),
  );
}

const javaOf = (values: readonly (JavaValue | null)[]): string[] =>
  values.flatMap((value) => (value === null ? [] : [value.java]));

/** Every way to partition, over random rows of random columns. */
function randomCase(random: SeededRandom): Case {
  const count = random.between(1, 4);
  const columns = Array.from({ length: count }, () => random.between(0, partitionColumns.length - 1));
  const partitionBy = random.pick([
    'database',
    'table',
    'primary_key',
    'transaction_id',
    'thread_id',
    'column',
  ] as const);
  const values = randomRow(random, columns, 0.15);
  const primaryKey = random.chance(0.2)
    ? []
    : columns.map((_, index) => index).filter(() => random.chance(0.6));
  const keyTexts =
    primaryKey.length === 0
      ? [text('shop'), text('item')]
      : javaOf(primaryKey.map((at) => values[at] ?? null));
  const keyJava = keyTexts.length === 0 ? [text('None')] : keyTexts;
  const fallbacks = {
    table: [text('item')],
    database: [text('shop')],
    primary_key: keyJava,
    transaction_id: ['l:812'],
  };
  const partitionByFallback = random.pick(['database', 'table', 'primary_key', 'transaction_id'] as const);
  const chosen = columns.map((_, index) => index).filter(() => random.chance(0.5));
  const byColumn = javaOf(chosen.map((at) => values[at] ?? null));
  const java = {
    database: [text('shop')],
    table: [text('item')],
    primary_key: keyJava,
    transaction_id: ['l:812'],
    thread_id: ['l:42'],
    column: byColumn,
  }[partitionBy];
  const partitionColumnNames = chosen.map((at) => `c${at}`);
  return {
    options: { partitionBy, partitionByFallback, partitionColumns: [...partitionColumnNames, 'missing'] },
    values,
    columns,
    primaryKey,
    java: [...java, `|${fallbacks[partitionByFallback].join(' ')}`],
  };
}

async function partitionOf(
  each: Case,
  partitions: number,
  hash: EncodeOptions['partitionHash'],
): Promise<number> {
  const shapes = each.columns.map((index, at) => {
    const shape = partitionColumns[index]?.column;
    if (shape === undefined) throw new RangeError('no such column');
    return { ...shape, name: `c${at}` };
  });
  const sink = new CollectingSink({ partitions });
  const event = rowsEvent('insert', {
    table: table(shapes, { primaryKey: [...each.primaryKey] }),
    rows: image(...each.values.map((value) => value?.image ?? null)),
  });
  const encoder = new TransactionEncoder({ ...defaultEncodeOptions, ...each.options, partitionHash: hash });
  await encoder.encode(transaction([[event]]), sink).next();
  return sink.records[0]?.partition ?? -1;
}

/** The words for Java: the values, or the fallback's where they are empty texts together. */
function question(each: Case, partitions: number): string {
  const values = each.java.filter((word) => !word.startsWith('|'));
  const fallback = each.java.find((word) => word.startsWith('|'))?.slice(1) ?? '';
  const isEmpty = values.every((word) => word === 's:');
  if (!isEmpty) return `partition ${partitions} ${values.join(' ')}`;
  return `partition ${partitions} ${each.options.partitionBy === 'column' ? fallback : text('None')}`;
}

describe('partitions and numbers, beside Java', () => {
  // Java comes with the broker.
  beforeAll(() => ensureStack({ brokers: 1 }));

  it('hash any text alike', async () => {
    const random = new SeededRandom(SEED);
    const pool = ['a', 'Z', '0', 'ü', '東', '😁', '\u0000', '\uffff', ' ', '𐍈'];
    const texts = Array.from({ length: 3000 }, () =>
      Array.from({ length: random.between(0, 40) }, () => random.pick(pool)).join(''),
    ).filter((each) => each !== '');
    const answers = await askJava(texts.map((each) => `hash ${Buffer.from(each).toString('hex')}`));
    expect(
      texts.map((each) => `${partitionHash(each, 'default')} ${partitionHash(each, 'murmur3')}`),
    ).toEqual(answers);
  });

  it('put rows of every type into the same partition, however they are partitioned', async () => {
    const random = new SeededRandom(SEED + 1);
    const cases = Array.from({ length: 1500 }, () => randomCase(random));
    const runs = [15, 20].flatMap((partitions) => cases.map((each) => ({ each, partitions })));
    const answers = await askJava(runs.map(({ each, partitions }) => question(each, partitions)));
    for (const [index, { each, partitions }] of runs.entries()) {
      const ours = [
        await partitionOf(each, partitions, 'default'),
        await partitionOf(each, partitions, 'murmur3'),
      ].join(' ');
      expect([question(each, partitions), ours]).toEqual([question(each, partitions), answers[index]]);
    }
  });

  it('random partitions are all in use', async () => {
    const random = new SeededRandom(SEED + 2);
    const seen = new Set<number>();
    for (let i = 0; i < 600; i++)
      seen.add(
        await partitionOf({ ...randomCase(random), options: { partitionBy: 'random' } }, 15, 'murmur3'),
      );
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, index) => index));
  });

  it('write doubles, floats and decimals as Java does', async () => {
    const { javaVersion, doubles, floats, decimals, sameInThisJava } = await compareNumberTexts(SEED, 8000);
    expect([doubles, floats, decimals]).toEqual([8000, 8000, 8000]);
    // Before 19 Java's own toString has digits too many now and then.
    expect(sameInThisJava / 16_000).toBeGreaterThan(javaVersion >= 19 ? 0.9999 : 0.8);
  });
});
