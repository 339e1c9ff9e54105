import type { BinlogCoordinates, SourceFlavor } from './position.ts';
import type { TableDefinition } from './table-definition.ts';

/** What the server says of its names; needed to read any statement of it. */
export interface SchemaFacts {
  readonly flavor: SourceFlavor;
  /** 0: names of databases and tables are told apart by case; 1: stored in lower case; 2: compared in lower case. */
  readonly lowerCaseTableNames: number;
}

/** The definitions of a server, read while it went on. */
export interface SchemaSnapshot {
  /** GTIDs whose schema changes are in it: text of a set, taken before the first definition was read. */
  readonly includes: string;
  /** End of the binlog after the last definition was read: schema changes behind it are not in it. */
  readonly end: BinlogCoordinates;
  /** Databases and their default character sets. */
  readonly databases: ReadonlyMap<string, string>;
  readonly tables: readonly TableDefinition[];
  /** Names that are taken by something whose definition is not known: views, sequences, tables of other engines. */
  readonly others: readonly { readonly database: string; readonly table: string }[];
  /** Whether the account sees every database and table: then what is not in it does not exist. */
  readonly isComplete: boolean;
}

/** What DDL records need to know of a source. */
export interface SourceSchema {
  readonly facts: SchemaFacts;
  /** Null where the source is read by file and offset. */
  readonly snapshot: SchemaSnapshot | null;
}
