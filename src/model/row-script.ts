import type { RecordType } from './transaction.ts';

/** A member of an object, its value as JSON text. */
export interface JsonMember {
  readonly name: string;
  readonly json: string;
}

/** A column's value on its way into a script. */
export interface ScriptColumn extends JsonMember {
  /** document: a JSON column, whose text a script gets. decimal: digits that a number may not hold. */
  readonly kind: 'document' | 'decimal' | 'other';
}

/** A row as a script gets it. */
export interface ScriptInput {
  readonly type: RecordType;
  readonly database: string;
  readonly table: string;
  /** The GTID where there is one, else FILE:OFFSET. */
  readonly position: string;
  readonly xid: bigint | null;
  readonly serverId: number;
  readonly threadId: number | null;
  readonly timestampSeconds: number;
  readonly query: string | null;
  /** All columns of the written image, in table order. */
  readonly data: readonly ScriptColumn[];
  /** The former values of the columns that an update has changed. */
  readonly old: readonly ScriptColumn[];
}

/** A member as a script leaves it. */
export interface ScriptedMember extends JsonMember {
  /** Neither the script nor its reading has changed the text. */
  readonly isUntouched: boolean;
}

/** A row that a script has changed: all that is written in place of what the row image holds. */
export interface RowChanges {
  readonly data: readonly ScriptedMember[];
  readonly old: readonly ScriptedMember[];
  readonly extraAttributes: readonly JsonMember[];
  readonly query: string | null;
  /** Null: the topic of the table. */
  readonly topic: string | null;
  /** Null: the partition is chosen as for any row. */
  readonly partitionText: string | null;
}

/** What becomes of a row: left out, written as it is, or changed. */
export type ScriptVerdict = 'suppressed' | 'unchanged' | RowChanges;

/** A script that looks at every row which the filter lets through: the seam between the row path and Maxwell's `javascript`. */
export interface RowScript {
  /** @throws HeavisideError SCRIPT_FAILED where the script throws, or leaves what JSON does not have */
  processRow(row: ScriptInput): ScriptVerdict;
}
