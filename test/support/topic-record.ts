/** One record as a read_committed reader got it. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  /** The header `message_id`; empty where there is none. */
  readonly messageId: string;
  /** The header `epoch`; NaN where there is none. */
  readonly epoch: number;
  /** When the reader got it, milliseconds since 1970; NaN for readers without a clock of their own. */
  readonly arrivedAt: number;
}
