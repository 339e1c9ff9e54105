import type { WrittenLoad } from '../load.ts';

export type Compression = 'none' | 'snappy' | 'lz4' | 'zstd';

/** What is the same for every peer in one run. */
export interface ReplaySettings {
  readonly compression: Compression;
  readonly format: 'json' | 'avro';
  readonly partitions: number;
  /** A topic for each table, else one for all. */
  readonly topicPerTable: boolean;
}

export interface ReplayJob {
  readonly load: WrittenLoad;
  readonly settings: ReplaySettings;
  /** Unique to the run: prefix of everything it makes. */
  readonly id: string;
  /** A folder of the run's own. */
  readonly folder: string;
}

/** A peer at work. */
export interface RunningPeer {
  readonly pid: number;
  /** Rejects with the peer's own words when it ends without being told to. */
  readonly failed: Promise<never>;
  /** The end of what it has logged. */
  readonly lastWords: () => string;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** One of the programs that are measured side by side. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  /** What it promises in the mode that is measured. */
  readonly guarantee: string;
  /**
   * The part of the rows that is left out of its figures of a whole run, because it warms up: 0 to 1. What it has read ahead
   * by then is left out too, so a peer that may read far ahead is measured from the first row on.
   */
  readonly warmShare: number;
  /** The topic of a table. */
  topicOf(job: ReplayJob, table: string): string;
  /** Topics that it makes beside those of the tables. */
  ownTopics(job: ReplayJob): string[];
  /** Starts it at the load's position. */
  start(job: ReplayJob): Promise<RunningPeer>;
  /** Its whole configuration, as it is given to it. */
  configuration(job: ReplayJob): string;
  /** A piece of a record that stands once in the records of each source transaction; null: it does not tell. */
  readonly transactionMark: 'message-id' | 'gtid';
}
