/**
 * What the data path counts: plain numbers that it adds to, a few times a batch.
 * The metrics read them when they are scraped; nothing else happens on the hot path. All only grow.
 */
export interface PipelineCounters {
  /** Rows whose records are committed in Kafka, by operation. */
  insertedRows: number;
  updatedRows: number;
  deletedRows: number;
  /** Rows that a filter left out. */
  filteredRows: number;
  /** Rows that were passed over because they cannot be decoded. */
  undecodableRows: number;
  /** Source transactions that are done with: in Kafka, or without anything to write. */
  transactions: number;
  /** Records committed in Kafka, position records not counted. */
  records: number;
  /** Bytes of key and value of those records, before compression. */
  recordBytes: number;
  /** Sum over those records of the seconds from the first record in their batch to the start of its first request. */
  recordQueueSeconds: number;
  /** Partition batches sent, and their bytes as sent (compressed). */
  batches: number;
  batchBytes: number;
  /** Produce requests answered, their bytes, and the sum of their seconds from sent to answered. */
  requests: number;
  requestBytes: number;
  requestSeconds: number;
  /** Records of attempts that were aborted or answered with an error. */
  failedRecords: number;
  /** Records written once more after such an attempt. */
  retriedRecords: number;
  /** Waits for room in the buffer longer than `kafka.max.block.ms`. */
  bufferExhaustedWaits: number;
  /** Logins that a broker refused. */
  failedAuthentications: number;
  /** Bytes of the binlog stream read from the source. */
  sourceBytes: number;
  /** Bytes written to spill files. */
  spillBytes: number;
}

export function createPipelineCounters(): PipelineCounters {
  return {
    insertedRows: 0,
    updatedRows: 0,
    deletedRows: 0,
    filteredRows: 0,
    undecodableRows: 0,
    transactions: 0,
    records: 0,
    recordBytes: 0,
    recordQueueSeconds: 0,
    batches: 0,
    batchBytes: 0,
    requests: 0,
    requestBytes: 0,
    requestSeconds: 0,
    failedRecords: 0,
    retriedRecords: 0,
    bufferExhaustedWaits: 0,
    failedAuthentications: 0,
    sourceBytes: 0,
    spillBytes: 0,
  };
}
