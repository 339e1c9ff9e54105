import { describe, expect, it } from 'vitest';
import type { EncodeOptions } from '../../../src/encode/encode-options.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import { encodeTransaction, type Encoded } from '../../support/encode-transaction.ts';
import {
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../support/row-image-bytes.ts';

const UTF8 = 255;
/** A collation of no character set that is known. */
const STRANGE = 60_000;
const text = (id: string, collation = UTF8) => column(id, 15, { metadata: 100, collation });
const items = table([column('Id', 3), text('name')]);
/** Each value that is not NULL cannot be read. */
const strange = table([column('Id', 3), text('note', STRANGE)], { table: 'strange' });
/** Its size is not known, so what follows it in the event is lost too. */
const odd = table([column('Id', 3), column('shape', 99)], { table: 'odd' });

const row = (id: number, note: string | null): Buffer =>
  image(int32(id), note === null ? null : prefixed(1, note));
const insert = (into: typeof items, ...rows: Buffer[]) =>
  rowsEvent('insert', { table: into, rows: Buffer.concat(rows) });

const skip: Partial<EncodeOptions> = { onDecodeError: 'skip' };
const letters: Partial<EncodeOptions> = { ...skip, deadLetterTopic: 'dead' };

const shown = ({ records }: Encoded): string[] =>
  records.map(({ topic, messageId, value }) => {
    const { xoffset, commit, reason } = JSON.parse(value) as {
      xoffset?: number;
      commit?: true;
      reason?: string;
    };
    const index = messageId.split('#')[1];
    return [topic, index, reason ?? (commit === true ? 'commit' : `xoffset ${xoffset}`)].join(' ');
  });
const reason = 'ROW_UNDECODABLE: column `note`: its character set (collation 60000) is not supported';

describe('on_decode_error=skip', () => {
  it('writes the other rows, with the xoffset and the commit that they have then', async () => {
    const source = transaction([
      [insert(items, row(1, 'a')), insert(strange, row(2, 'x'), row(3, null), row(4, 'x'))],
      [insert(items, row(5, 'b')), insert(strange, row(6, 'x'))],
    ]);
    const encoded = await encodeTransaction(source, skip);
    expect(shown(encoded)).toEqual(['maxwell 0 xoffset 0', 'maxwell 2 xoffset 1', 'maxwell 4 commit']);
    expect(encoded.summary).toMatchObject({ written: { insert: 3 }, rowsUndecodable: 3, rowsFiltered: 0 });
  });

  it('tells of each row by its place, its column and the reason, and of no value', async () => {
    const source = transaction([[insert(strange, row(7, 'secret'))]]);
    const { passedOver, records } = await encodeTransaction(source, skip);
    expect(records).toEqual([]);
    expect(passedOver).toEqual([
      {
        transactionId: source.id,
        index: 0,
        database: 'shop',
        table: 'strange',
        column: 'note',
        reason: 'its character set (collation 60000) is not supported',
        deadLetterTopic: null,
      },
    ]);
  });

  it('puts a record with the key and the reason into the dead letter topic, after the row before it', async () => {
    const source = transaction([
      [insert(strange, row(1, 'x')), insert(items, row(2, 'a')), insert(strange, row(3, 'x'))],
      [insert(items, row(4, 'b'))],
    ]);
    const encoded = await encodeTransaction(source, letters);
    expect(shown(encoded)).toEqual([
      `dead 0 ${reason}`,
      'maxwell 1 xoffset 0',
      `dead 2 ${reason}`,
      'maxwell 3 commit',
    ]);
    expect(encoded.records[0]).toMatchObject({
      key: '{"database":"shop","table":"strange","pk.id":1}',
      value: `{"database":"shop","table":"strange","type":"insert","reason":"${reason}","data":{"Id":1}}`,
    });
    expect(encoded.passedOver[0]?.deadLetterTopic).toBe('dead');
  });

  it('fills the table into the name of the topic', async () => {
    const source = transaction([[insert(strange, row(1, 'x'))]]);
    const deadLetterTopic = 'dead.%{database}.%{table}';
    const { records } = await encodeTransaction(source, { ...skip, deadLetterTopic });
    expect(records[0]?.topic).toBe('dead.shop.strange');
  });

  it('writes a letter without a key where the key is what cannot be read', async () => {
    const keyed = table([text('code', STRANGE), column('n', 3)]);
    const source = transaction([[insert(keyed, image(prefixed(1, 'x'), int32(1)))]]);
    const { records } = await encodeTransaction(source, letters);
    expect(records[0]?.key).toBe('');
    expect(JSON.parse(records[0]?.value ?? '')).toMatchObject({ table: 'item', data: {} });
  });

  it('passes over the rest of an event that cannot be taken apart, as one row', async () => {
    const source = transaction([
      [
        insert(items, row(1, 'a')),
        insert(odd, image(int32(2), Buffer.from('???')), image(int32(3), Buffer.from('???'))),
        insert(items, row(4, 'b')),
      ],
    ]);
    const encoded = await encodeTransaction(source, letters);
    const odd2 = 'dead 1 ROW_UNDECODABLE: column `shape`: its type is not known';
    expect(shown(encoded)).toEqual(['maxwell 0 xoffset 0', odd2, 'maxwell 2 commit']);
    expect(encoded.summary.rowsUndecodable).toBe(1);
  });

  it('passes over rows on which a rule of the filter cannot decide', async () => {
    const source = transaction([[insert(strange, row(1, 'x'), row(2, null))]]);
    const filter = 'exclude: *.*, include: shop.strange.note=*';
    const { summary } = await encodeTransaction(source, { ...skip, filter });
    expect(summary).toMatchObject({ written: { insert: 1 }, rowsUndecodable: 1 });
  });

  it('reports no row of a filtered table', async () => {
    const source = transaction([
      [insert(strange, row(1, 'x')), insert(odd, image(int32(1), Buffer.from('?')))],
    ]);
    const { summary, passedOver } = await encodeTransaction(source, { ...letters, filter: 'exclude: *.*' });
    expect(summary).toMatchObject({ rowsUndecodable: 0, rowsFiltered: 2 });
    expect(passedOver).toEqual([]);
  });

  it('writes the same, letters included, when a split transaction is resumed', async () => {
    const source = transaction([
      [insert(strange, row(1, 'x')), insert(items, row(2, 'a')), insert(strange, row(3, 'x'))],
      [insert(odd, image(int32(9), Buffer.from('?'))), insert(items, row(4, 'b'), row(5, 'c'))],
      [insert(strange, row(6, 'x'))],
    ]);
    const whole = await encodeTransaction(source, letters);
    for (const capacity of [1, 2, 3]) {
      const sink = new CollectingSink({ capacity });
      const { splits, records } = await encodeTransaction(source, letters, { sink });
      expect(records).toEqual(whole.records);
      expect(splits.length).toBeGreaterThan(0);
      for (const resume of splits) {
        const rest = await encodeTransaction(source, letters, { resume });
        expect(rest.records).toEqual(whole.records.slice(-rest.records.length));
        const indexes = rest.records.map(({ messageId }) => Number(messageId.split('#')[1]));
        expect(indexes[0]).toBe(resume.nextRowIndex);
      }
    }
  });
});

describe('on_decode_error=fail', () => {
  it('stops the stream', async () => {
    const source = transaction([[insert(strange, row(1, 'x'))]]);
    await expect(encodeTransaction(source)).rejects.toMatchObject({ code: 'ROW_UNDECODABLE' });
  });
});
