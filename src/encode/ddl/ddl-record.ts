import type { DdlChange } from '../../ddl/ddl-change.ts';
import type { SourceTransaction } from '../../model/transaction.ts';

/** A schema change as it is written: one of the records that its statement gives. */
export interface DdlRecord {
  readonly change: DdlChange;
  /** Header time of the statement, milliseconds since 1970. */
  readonly timestampMs: number;
  readonly sql: string;
  /** `file:offset` of the statement's event. */
  readonly position: string;
  readonly transaction: SourceTransaction;
  readonly messageId: string;
}
