import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CollectedRecord } from '../support/collecting-sink.ts';
import { compareRecords, fillRepeats, jacksonString } from '../support/golden-expectation.ts';
import { readGoldenFolder, type GoldenCase, type GoldenFile } from '../support/golden-file.ts';
import { columnOf, encoderOf, playGolden, type GoldenPlay } from '../support/golden-play.ts';
import { ProductPlace } from '../support/product-place.ts';
import type { TopicRecord } from '../support/topic-record.ts';
import { TopicTail } from '../support/topic-tail.ts';
import { waitUntil } from '../support/wait-until.ts';

const files = readGoldenFolder(fileURLToPath(new URL('../golden', import.meta.url)));
const cases = files.flatMap((file) => file.cases);
let playCount = 0;

afterAll(() => {
  process.stdout.write(
    `golden: ${cases.length} cases in ${files.length} files, ${playCount} plays on two servers\n`,
  );
});

/** Members `c0`, `c1`... of an object in a record, by name; what they are not is left out. */
function membersOf(record: string, object: 'data' | 'old'): Map<string, string> {
  const [beforeOld = '', old = ''] = record.split(/,"old":(?=\{)/);
  const text = object === 'data' ? (/"data":(\{.*)$/s.exec(beforeOld)?.[1] ?? '') : old;
  const body = text.replace(/\}+$/, (braces) =>
    '}'.repeat(braces.length - (object === 'data' && old !== '' ? 1 : 2)),
  );
  return new Map(
    body.split(/[{,](?="(?:c\d+|touch|id)":)/).flatMap((member) => {
      const [, name, value] = /^"(\w+)":(.*)$/s.exec(member) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What a value looks like in each of the five records of its row. */
function looks(records: readonly { readonly value: string }[], column: string): Record<string, unknown> {
  const at = (index: number, object: 'data' | 'old'): string | undefined =>
    membersOf(records[index]?.value ?? '', object).get(column);
  return {
    inserted: at(0, 'data'),
    touched: [at(1, 'data'), at(1, 'old')],
    emptied: [at(2, 'data'), at(2, 'old')],
    filled: [at(3, 'data'), at(3, 'old')],
    deleted: at(4, 'data'),
  };
}

/** The rule: `old` has what is rendered differently. */
function expectedLooks(json: string): Record<string, unknown> {
  const old = (value: string): string | undefined => (json === 'null' ? undefined : value);
  return {
    inserted: json,
    touched: [json, undefined],
    emptied: ['null', old(json)],
    filled: [json, old('null')],
    deleted: json,
  };
}

function jsonOf(json: string, text: string | null | undefined): string {
  if (json === 'text') return jacksonString(text ?? '');
  return json === 'number' ? (text ?? '') : fillRepeats(json);
}

/** The first value of the section, under which its row was played. */
function sectionStart(
  file: GoldenFile,
  section: number,
  flavor: 'mysql' | 'mariadb',
): GoldenCase | undefined {
  return file.cases.find(
    ({ body, servers }) => body.kind === 'value' && body.section === section && servers.includes(flavor),
  );
}

describe.each(['mysql', 'mariadb'] as const)('golden cases on %s', (flavor) => {
  const here = files.map((file) => ({
    ...file,
    cases: file.cases.filter(({ servers }) => servers.includes(flavor)),
  }));
  let place: ProductPlace;
  let plays: Map<GoldenCase, GoldenPlay>;
  /** Records that the whole product wrote meanwhile, by message_id. */
  let inKafka: Map<string, TopicRecord>;

  beforeAll(async () => {
    place = await ProductPlace.open('golden');
    const config = place.config('golden', place.replicator(flavor), 'golden', {
      filter: 'exclude: *.*, include: /^golden[0-9]*$|^golden_marks$/.*',
    });
    const topic = config['kafka_topic'] ?? '';
    await place.createTopic(topic);
    const run = await place.lead(config);
    const tail = await TopicTail.open(place.brokers, [topic]);
    const settled = (mark: string): Promise<unknown> =>
      waitUntil(() => tail.records.some(({ messageId }) => messageId === mark), {
        timeoutMs: 30_000,
        what: 'the product to write the last mark',
      });
    try {
      plays = await playGolden(flavor, here, async (mark) => void (await settled(mark)));
    } finally {
      await tail.close();
    }
    inKafka = new Map(tail.records.map((record) => [record.messageId, record]));
    await run.stop();
  });

  afterAll(() => place.close());

  /** Whether the product, with its defaults, wrote the same. */
  function isPlain({ options, body }: GoldenCase): boolean {
    return Object.keys(options).length === 0 && body.kind !== 'refusal';
  }

  /** The same records as Kafka has them. */
  function kafkaRecords(records: readonly CollectedRecord[]): CollectedRecord[] {
    return records.map((record) => {
      const { key, value } = inKafka.get(record.messageId) ?? { key: null, value: null };
      return { ...record, key: key ?? 'not in Kafka', value: value ?? 'not in Kafka' };
    });
  }

  function checkScript(each: GoldenCase): void {
    const play = plays.get(each);
    if (each.body.kind !== 'script' || play === undefined) throw new Error('the case was not played');
    if (play.error !== null) throw new Error(play.error);
    const about = { facts: play.facts, partitions: each.partitions };
    const records = compareRecords(each.body.records, play.records, about);
    expect(records.actual).toEqual(records.expected);
    if (!isPlain(each)) return;
    const written = compareRecords(each.body.records, kafkaRecords(play.records), about);
    expect(written.actual).toEqual(written.expected);
  }

  function checkValue(file: GoldenFile, each: GoldenCase): void {
    if (each.body.kind !== 'value') return;
    const { section, json } = each.body;
    const first = sectionStart(file, section, flavor);
    const play = first === undefined ? undefined : plays.get(first);
    if (play === undefined) throw new Error('the case was not played');
    if (play.error !== null) throw new Error(play.error);
    const index = file.cases
      .filter(({ body }) => body.kind === 'value' && body.section === section)
      .indexOf(each);
    const expected = expectedLooks(jsonOf(json, play.texts[index]));
    expect(looks(play.records, columnOf(index))).toEqual(expected);
    if (isPlain(each)) expect(looks(kafkaRecords(play.records), columnOf(index))).toEqual(expected);
  }

  for (const file of here) {
    describe(`${file.name}`, () => {
      it.each(file.cases.map((each) => [each.name, each] as const))('%s', (_, each) => {
        playCount++;
        if (each.body.kind === 'refusal') {
          const { message } = each.body;
          expect(() => encoderOf(each.options, flavor)).toThrow(message);
        } else if (each.body.kind === 'value') {
          checkValue(file, each);
        } else {
          checkScript(each);
        }
      });
    });
  }
});
