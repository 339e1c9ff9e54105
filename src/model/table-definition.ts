/** A column as a DDL record shows it; members that the type does not have are left out. */
export interface ColumnDefinition {
  /** The server's own name of the type, lower case: `int` for INTEGER, `tinyint` for BOOL. */
  readonly type: string;
  readonly name: string;
  /** Of text types; `binary` for binary ones. */
  readonly charset?: string;
  /** Of integers. */
  readonly signed?: boolean;
  /** Of ENUM and SET. */
  readonly enumValues?: readonly string[];
  /** Fraction digits of DATETIME, TIMESTAMP and TIME, 0 to 6. */
  readonly columnLength?: number;
}

/** A table as a DDL record shows it. */
export interface TableDefinition {
  readonly database: string;
  /** Character set of columns that name none. */
  readonly charset: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  /** Names of the primary key's columns in key order. */
  readonly primaryKey: readonly string[];
}
