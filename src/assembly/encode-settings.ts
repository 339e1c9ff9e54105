import type { Config } from '../config/config.ts';
import { MaxwellAvro } from '../encode/avro/maxwell-avro.ts';
import type { EncodeOptions } from '../encode/encode-options.ts';
import { EncryptedJson } from '../encode/encrypted-json.ts';
import { MaxwellJson } from '../encode/maxwell-json.ts';
import type { PassedOverRow } from '../encode/passed-over-rows.ts';
import { TransactionEncoder } from '../encode/transaction-encoder.ts';
import type { ValueWriter } from '../encode/value-writer.ts';
import type { SourceSchema } from '../model/schema-snapshot.ts';
import type { Log } from '../observability/log.ts';
import { LogRateLimit } from '../observability/log-rate-limit.ts';
import { SchemaRegistry } from '../registry/schema-registry.ts';
import { VmRowScript } from '../transform/vm-row-script.ts';
import { ddlEncoderFactory } from './ddl-settings.ts';

const registryTimeoutMs = 5000;

/** What the encode stage needs of the configuration. */
export function encodeOptions({ producer, partition, output, filter, snapshot }: Config): EncodeOptions {
  return {
    topic: producer.topic,
    ddlTopic: producer.ddlTopic,
    keyFormat: partition.keyFormat,
    partitionHash: partition.hash,
    partitionBy: partition.by,
    partitionColumns: partition.columns,
    partitionByFallback: partition.fallback,
    filter,
    schemaDatabase: snapshot.bootstrap?.database ?? null,
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
    outputNullZerodates: output.nullsZeroDates,
    outputNamingStrategy: output.usesCamelCase ? 'underscore_to_camelcase' : null,
    avroSubjectStrategy: output.schemaRegistry.subjectStrategy,
    avroTemporalTypes: output.avroTemporalTypes,
    outputTombstones: output.hasTombstones,
    onDecodeError: producer.onDecodeError,
    deadLetterTopic: producer.kind === 'kafka' ? producer.deadLetterTopic : null,
  };
}

/** The registry of output_format=avro; null for JSON. */
export function schemaRegistry({ output }: Config): SchemaRegistry | null {
  const { url, username, password } = output.schemaRegistry;
  if (output.format !== 'avro' || url === null) return null;
  return new SchemaRegistry({ url, username, password, timeoutMs: registryTimeoutMs });
}

/** Makes writers of values, each for one encoder; they share what the registry has told. */
function valueWriterFactory(
  config: Config,
  options: EncodeOptions,
  registry: SchemaRegistry | null,
): () => ValueWriter {
  if (registry !== null) return () => new MaxwellAvro(options, registry);
  const { encryption } = config.output;
  if (encryption === null) return () => new MaxwellJson(options);
  const { scope } = encryption;
  const key = Buffer.from(encryption.key.reveal());
  return () => new EncryptedJson(new MaxwellJson(options), { scope, key });
}

/** Logs rows that are passed over: a line a table and 10 s. */
function passedOverLog(log: Log): (row: PassedOverRow) => void {
  const limit = new LogRateLimit({ now: () => performance.now() });
  return ({ transactionId, index, ...row }) => {
    const suppressed = limit.admit(`${row.database}.${row.table}`);
    if (suppressed === null) return;
    const messageId = `${transactionId}#${index}`;
    log.error(
      { code: 'ROW_UNDECODABLE', messageId, ...row, suppressed },
      'a row that cannot be decoded was passed over',
    );
  };
}

/** The filter of `javascript`; null where there is none. Throws SCRIPT_INVALID. */
export function rowScript({ script }: Config, log: Log): VmRowScript | null {
  return script === null ? null : new VmRowScript(script, log);
}

/** Makes encoders, each for one stream; they share one script and its state. Throws SCRIPT_INVALID. */
export function encoderFactory(
  config: Config,
  log: Log,
): (schema?: SourceSchema | null) => TransactionEncoder {
  const options = encodeOptions(config);
  const registry = schemaRegistry(config);
  const createValues = valueWriterFactory(config, options, registry);
  const more = { onPassedOver: passedOverLog(log), script: rowScript(config, log) };
  const createDdl = config.output.hasDdl ? ddlEncoderFactory(options, registry, log) : () => null;
  return (schema = null) =>
    new TransactionEncoder(options, createValues(), { ...more, ddl: schema && createDdl(schema) });
}
