import type { Config } from '../config/config.ts';
import { MaxwellAvro } from '../encode/avro/maxwell-avro.ts';
import type { EncodeOptions } from '../encode/encode-options.ts';
import { EncryptedJson } from '../encode/encrypted-json.ts';
import { MaxwellJson } from '../encode/maxwell-json.ts';
import { TransactionEncoder } from '../encode/transaction-encoder.ts';
import type { ValueWriter } from '../encode/value-writer.ts';
import { SchemaRegistry } from '../registry/schema-registry.ts';

const registryTimeoutMs = 5000;

/** What the encode stage needs of the configuration. */
function encodeOptions({ producer, partition, output, filter }: Config): EncodeOptions {
  return {
    topic: producer.topic,
    ddlTopic: producer.ddlTopic,
    keyFormat: partition.keyFormat,
    partitionHash: partition.hash,
    partitionBy: partition.by,
    partitionColumns: partition.columns,
    partitionByFallback: partition.fallback,
    filter,
    excludeColumns: output.excludedColumns,
    outputBinlogPosition: output.hasBinlogPosition,
    outputGtidPosition: output.hasGtid,
    outputCommitInfo: output.hasCommitInfo,
    outputXoffset: output.hasXoffset,
    outputNulls: output.hasNulls,
    outputServerId: output.hasServerId,
    outputThreadId: output.hasThreadId,
    outputRowQuery: output.hasRowQuery,
    rowQueryMaxLength: output.rowQueryMaxLength ?? 0,
    outputPrimaryKeys: output.hasPrimaryKeys,
    outputPrimaryKeyColumns: output.hasPrimaryKeyColumns,
    outputPushTimestamp: output.hasPushTimestamp,
    outputMessageId: output.hasMessageId,
    outputDdl: output.hasDdl,
    outputNullZerodates: output.nullsZeroDates,
    outputNamingStrategy: output.usesCamelCase ? 'underscore_to_camelcase' : null,
  };
}

/** The registry of output_format=avro; null for JSON. */
export function schemaRegistry({ output }: Config): SchemaRegistry | null {
  const { url, username, password } = output.schemaRegistry;
  if (output.format !== 'avro' || url === null) return null;
  return new SchemaRegistry({ url, username, password, timeoutMs: registryTimeoutMs });
}

/** Makes writers of values, each for one encoder; they share what the registry has told. */
function valueWriterFactory(config: Config, options: EncodeOptions): () => ValueWriter {
  const registry = schemaRegistry(config);
  if (registry !== null) return () => new MaxwellAvro(options, registry);
  const { encryption } = config.output;
  if (encryption === null) return () => new MaxwellJson(options);
  const { scope } = encryption;
  const key = Buffer.from(encryption.key.reveal());
  return () => new EncryptedJson(new MaxwellJson(options), { scope, key });
}

/** Makes encoders. */
export function encoderFactory(config: Config): () => TransactionEncoder {
  const options = encodeOptions(config);
  const createValues = valueWriterFactory(config, options);
  return () => new TransactionEncoder(options, createValues());
}
