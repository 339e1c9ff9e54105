import type { TableDefinition } from '../model/table-definition.ts';

export type DdlType =
  | 'database-create'
  | 'database-alter'
  | 'database-drop'
  | 'table-create'
  | 'table-alter'
  | 'table-drop'
  | 'table-truncate';

/** What one DDL record says of the schema. Members that are null are not known, or do not belong to the type. */
export interface DdlChange {
  readonly type: DdlType;
  readonly database: string;
  /** The name before a rename; null for changes of a database. */
  readonly table: string | null;
  readonly old: TableDefinition | null;
  readonly def: TableDefinition | null;
  /** Of databases. */
  readonly charset: string | null;
  /** Where a table is after the change, for the filter; null: where it was. */
  readonly renamedTo: { readonly database: string; readonly table: string } | null;
}
