import type { ByteSink } from '../../model/byte-sink.ts';
import type { DdlRecord } from './ddl-record.ts';

/** How the value of a DDL record is written. */
export interface DdlWriter {
  /** Gets what records in the topic need from elsewhere. Rejects with the error that the stream ends with. */
  prepare(topic: string): Promise<void>;
  /** Writes one whole value. */
  write(out: ByteSink, topic: string, record: DdlRecord): void;
}
