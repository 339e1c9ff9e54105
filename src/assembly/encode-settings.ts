import type { Config } from '../config/config.ts';
import type { EncodeOptions } from '../encode/encode-options.ts';

/** What the encode stage needs of the configuration. */
export function encodeOptions({ producer, partition, output, filter }: Config): EncodeOptions {
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
