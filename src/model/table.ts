/** A column as one version of its table has it. Names and charsets come from the TableMap's optional metadata (binlog_row_metadata=FULL) or INFORMATION_SCHEMA. */
export interface Column {
  readonly name: string;
  /** Binlog type code (enum_field_types of the server), after unpacking ENUM and SET from STRING: e.g. 3 LONG, 15 VARCHAR, 246 NEWDECIMAL, 247 ENUM, 248 SET. */
  readonly type: number;
  /** The type's raw metadata of the TableMap event as an integer (little endian where it has two bytes; for STRING/NEWDECIMAL as the server packs it: high byte = first byte). */
  readonly metadata: number;
  readonly isUnsigned: boolean;
  readonly isNullable: boolean;
  /** Collation id of a character column (63 = binary), null for other types. For ENUM and SET the collation of their values. */
  readonly collation: number | null;
  /** The labels of an ENUM or SET as text, in definition order; null for other types. */
  readonly labels: readonly string[] | null;
  /** The server's name for the type where the binlog's code does not tell (MariaDB uuid, inet4, inet6; json on MariaDB is text): lower case, null if unknown. */
  readonly typeName: string | null;
}

/** One version of a table: what a TableMap event says. Two events with equal `fingerprint` decode alike. */
export interface TableVersion {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly Column[];
  /** Indexes into `columns` of the primary key's columns, in key order; empty without a primary key. */
  readonly primaryKey: readonly number[];
  /** Equal for table versions with the same columns; cheap to compare (hex of a hash). */
  readonly fingerprint: string;
}
