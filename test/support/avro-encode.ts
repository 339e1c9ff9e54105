import { MaxwellAvro } from '../../src/encode/avro/maxwell-avro.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { type AvroRecord, avroType, readAvro, splitConfluent } from './avro-reader.ts';
import { CollectingSink } from './collecting-sink.ts';
import { FixedSchemaIds } from './fixed-schema-ids.ts';

/** What became of a transaction, read back by avsc. */
export interface AvroEncoded {
  readonly records: readonly AvroRecord[];
  readonly sink: CollectingSink;
  readonly ids: FixedSchemaIds;
}

/** Encodes a transaction as Avro; options beside the defaults. */
export async function encodeAvro(
  source: SourceTransaction,
  changed: Partial<EncodeOptions> = {},
  ids = new FixedSchemaIds(),
): Promise<AvroEncoded> {
  const options = { ...defaultEncodeOptions, ...changed };
  const sink = new CollectingSink();
  await new TransactionEncoder(options, new MaxwellAvro(options, ids)).encode(source, sink).next();
  const records = sink.values.map((value) => {
    const { id, body } = splitConfluent(value);
    return readAvro(avroType(ids.schema(id)), body);
  });
  return { records, sink, ids };
}
