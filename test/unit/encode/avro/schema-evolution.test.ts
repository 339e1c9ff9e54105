import { describe, expect, it } from 'vitest';
import { MaxwellAvro } from '../../../../src/encode/avro/maxwell-avro.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../../../src/encode/transaction-encoder.ts';
import type { Column } from '../../../../src/model/table.ts';
import { type AvroRecord, avroType, plain, splitConfluent } from '../../../support/avro-reader.ts';
import { CollectingSink } from '../../../support/collecting-sink.ts';
import { FixedSchemaIds } from '../../../support/fixed-schema-ids.ts';
import {
  column,
  image,
  int32,
  int64,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../../support/row-image-bytes.ts';

interface Version {
  readonly schema: string;
  readonly body: Buffer;
}

interface Change {
  readonly statement: string;
  readonly columns: readonly Column[];
  readonly row: readonly Buffer[];
  /** A record from before under the new schema, and one from after under the old. */
  readonly former: object;
  readonly latter: object;
}

/** The schema of a table with these columns, and one record under it. */
async function version(
  columns: readonly Column[],
  row: readonly Buffer[],
  changed: Partial<EncodeOptions> = {},
): Promise<Version> {
  const options = { ...defaultEncodeOptions, ...changed };
  const ids = new FixedSchemaIds();
  const sink = new CollectingSink();
  const source = transaction([[rowsEvent('insert', { table: table(columns), rows: image(...row) })]]);
  await new TransactionEncoder(options, new MaxwellAvro(options, ids)).encode(source, sink).next();
  return { schema: ids.schema(1), body: splitConfluent(sink.values[0] as Buffer).body };
}

/** What a consumer with the reader's schema makes of a record of the writer's; throws where they do not fit. */
function read(reader: Version, writer: Version): AvroRecord {
  const readerType = avroType(reader.schema);
  return plain(
    readerType.fromBuffer(writer.body, readerType.createResolver(avroType(writer.schema))),
  ) as AvroRecord;
}

const id = column('id', 3);
const name = column('name', 15, { metadata: 100, collation: 255 });
const before = await version([id, name], [int32(7), prefixed(1, 'x')]);

describe('a schema after ALTER TABLE', () => {
  it.each<Change>([
    {
      statement: 'ADD COLUMN',
      columns: [id, column('n', 3), name],
      row: [int32(8), int32(1), prefixed(1, 'y')],
      former: { id: 7n, n: null, name: 'x' },
      latter: { id: 8n, name: 'y' },
    },
    {
      statement: 'DROP COLUMN',
      columns: [id],
      row: [int32(8)],
      former: { id: 7n },
      latter: { id: 8n, name: null },
    },
    {
      statement: 'RENAME COLUMN',
      columns: [id, { ...name, name: 'title' }],
      row: [int32(8), prefixed(1, 'y')],
      former: { id: 7n, title: null },
      latter: { id: 8n, name: null },
    },
    {
      statement: 'MODIFY id BIGINT',
      columns: [column('id', 8), name],
      row: [int64(8n), prefixed(1, 'y')],
      former: { id: 7n, name: 'x' },
      latter: { id: 8n, name: 'y' },
    },
    {
      statement: 'MODIFY name TEXT CHARACTER SET latin1',
      columns: [id, column('name', 252, { metadata: 2, collation: 8 })],
      row: [int32(8), prefixed(2, 'y')],
      former: { id: 7n, name: 'x' },
      latter: { id: 8n, name: 'y' },
    },
  ])('$statement: either version reads the other', async ({ columns, row, former, latter }) => {
    const after = await version(columns, row);
    expect(read(after, before).data).toEqual(former);
    expect(read(before, after).data).toEqual(latter);
  });

  it('stays the same where only keys, sizes or nullability change', async () => {
    const after = await version(
      [{ ...id, isNullable: false }, column('name', 15, { metadata: 4000, collation: 255 })],
      [int32(8), prefixed(2, 'y')],
    );
    expect(after.schema).toBe(before.schema);
  });

  it('is refused where a value means something else', async () => {
    const after = await version([id, column('name', 3)], [int32(8), int32(1)]);
    expect(() => read(after, before)).toThrow(/cannot read/);
  });

  it('survives another choice of options', async () => {
    const after = await version([id, name], [int32(8), prefixed(1, 'y')], {
      outputGtidPosition: true,
      outputThreadId: true,
      outputPrimaryKeys: true,
      outputPrimaryKeyColumns: true,
      outputMessageId: true,
      outputXoffset: false,
    });
    expect(read(after, before)).toMatchObject({
      gtid: null,
      primary_key: [],
      primary_key_columns: [],
      data: { id: 7n },
    });
    expect(read(before, after)).toMatchObject({ xoffset: null, data: { id: 8n } });
  });
});
