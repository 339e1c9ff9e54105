import type { AlterAction } from './alter-action.ts';
import type { TableName } from './sql-cursor.ts';
import type { TableBody } from './table-body.ts';

/** What a statement does to databases and tables. */
export type SchemaStatement =
  | {
      readonly kind: 'database-create';
      readonly database: string;
      /** Null: none is given. */
      readonly charset: string | null;
      readonly ifNotExists: boolean;
    }
  | { readonly kind: 'database-alter'; readonly database: string; readonly charset: string | null }
  | { readonly kind: 'database-drop'; readonly database: string; readonly ifExists: boolean }
  | {
      readonly kind: 'table-create';
      readonly name: TableName;
      readonly ifNotExists: boolean;
      /** Its columns, the table that it is made like, or null: not understood. */
      readonly source: TableBody | TableName | null;
    }
  | {
      readonly kind: 'table-alter';
      readonly name: TableName;
      readonly ifExists: boolean;
      readonly actions: readonly AlterAction[];
      /** Whether `actions` is all that it does. */
      readonly isWhole: boolean;
    }
  | {
      readonly kind: 'table-rename';
      readonly renames: readonly { readonly from: TableName; readonly to: TableName }[];
      readonly ifExists: boolean;
    }
  | { readonly kind: 'table-drop'; readonly names: readonly TableName[]; readonly ifExists: boolean }
  | { readonly kind: 'table-truncate'; readonly name: TableName }
  /** DROP INDEX `PRIMARY`, which Maxwell does not report. */
  | { readonly kind: 'key-drop'; readonly name: TableName }
  /** A view or sequence comes or goes, which is not reported but takes or frees a name. */
  | { readonly kind: 'name-change'; readonly names: readonly TableName[] }
  /** Never reported. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'unknown' };
