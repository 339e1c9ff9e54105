import { describe, expect, it } from 'vitest';
import { DdlAvro } from '../../../../src/encode/ddl/ddl-avro.ts';
import { DdlEncoder } from '../../../../src/encode/ddl/ddl-encoder.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../../../src/encode/encode-options.ts';
import { avroType, splitConfluent } from '../../../support/avro-reader.ts';
import { CollectingSink } from '../../../support/collecting-sink.ts';
import { FixedSchemaIds } from '../../../support/fixed-schema-ids.ts';
import { transaction } from '../../../support/row-image-bytes.ts';
import { mysqlFacts, schemaChange } from '../../../support/shown-definition.ts';

interface Decoded {
  readonly subjects: readonly string[];
  readonly records: readonly unknown[];
}

/** The records of statements, read back by avsc with the schema that was registered. */
async function decoded(
  statements: readonly string[],
  changed: Partial<EncodeOptions> = {},
): Promise<Decoded> {
  const options = { ...defaultEncodeOptions, ...changed };
  const ids = new FixedSchemaIds();
  const encoder = new DdlEncoder({
    encode: options,
    includes: () => true,
    writer: new DdlAvro(options, ids),
    facts: mysqlFacts,
    snapshot: null,
    onPassedOver: () => undefined,
    onLeftOut: () => undefined,
  });
  const sink = new CollectingSink();
  for (const sql of statements) {
    await encoder.encode(transaction([], { hasRows: false, schemaChange: schemaChange(sql) }), sink, false);
  }
  const records = sink.values.map((value) => {
    const { id, body } = splitConfluent(value);
    // avsc's records are of classes of their own
    return JSON.parse(
      JSON.stringify(avroType(ids.schema(id)).fromBuffer(body), (_, each: unknown) =>
        typeof each === 'bigint' ? Number(each) : each,
      ),
    ) as unknown;
  });
  return { subjects: ids.registered.map(({ subject }) => subject), records };
}

const column = (name: string, type: string, more: object = {}): object => ({
  type,
  name,
  charset: null,
  signed: null,
  enum_values: null,
  column_length: null,
  ...more,
});

describe('DDL records as Avro', () => {
  it('say what the JSON says, with one schema for all', async () => {
    const create =
      "CREATE TABLE t (id INT PRIMARY KEY, v CHAR(9), e ENUM('a','b'), d DATETIME(3)) CHARSET latin1";
    const { subjects, records } = await decoded([create, 'ALTER TABLE t DROP v', 'DROP DATABASE shop'], {
      outputGtidPosition: true,
      outputBinlogPosition: true,
      outputMessageId: true,
    });
    const columns = [
      column('id', 'int', { signed: true }),
      column('v', 'char', { charset: 'latin1' }),
      column('e', 'enum', { enum_values: ['a', 'b'] }),
      column('d', 'datetime', { column_length: 3 }),
    ];
    const def = { database: 'shop', charset: 'latin1', table: 't', columns, primary_key: ['id'] };
    const shared = {
      database: 'shop',
      charset: null,
      ts: 1_700_000_000_000,
      position: 'binlog.000007:1234',
      gtid: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23',
      message_id: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23#0',
    };
    expect(records).toEqual([
      { type: 'table-create', table: 't', old: null, def, sql: create, ...shared },
      {
        type: 'table-alter',
        table: 't',
        old: def,
        def: { ...def, columns: columns.filter((_, index) => index !== 1) },
        sql: 'ALTER TABLE t DROP v',
        ...shared,
      },
      { type: 'database-drop', table: null, old: null, def: null, sql: 'DROP DATABASE shop', ...shared },
    ]);
    expect(subjects).toEqual(['maxwell-heaviside.ddl']);
  });

  it('have a subject by the topic where it is theirs alone', async () => {
    const own = await decoded(['DROP TABLE a', 'DROP TABLE b'], { ddlTopic: 'ddl.%{table}' });
    expect(own.subjects).toEqual(['ddl.a-value', 'ddl.b-value']);
    const shared = await decoded(['DROP TABLE a'], { topic: 'x.%{table}', ddlTopic: 'x.%{table}' });
    expect(shared.subjects).toEqual(['x.a-heaviside.ddl']);
  });
});
