import type { SchemaFacts } from '../model/schema-snapshot.ts';
import type { TableDefinition } from '../model/table-definition.ts';
import type { TableName } from './sql-cursor.ts';

/**
 * What is known of a name: the definition of a table; that a table has it; that nothing has it; nothing.
 */
export type NameState = TableDefinition | 'exists' | 'absent' | 'unknown';

interface KnownDatabase {
  /** Default character set; null: not known. */
  charset: string | null;
  /** Whether names that are not in `tables` are known to be free. */
  isComplete: boolean;
  readonly tables: Map<string, NameState>;
}

/** Databases and tables as far as they are known at one place of the stream. */
export class SchemaCatalog {
  readonly #facts: SchemaFacts;
  #databases = new Map<string, KnownDatabase>();
  /** Whether databases that are not in `#databases` are known not to be there. */
  #knowsDatabases = false;

  constructor(facts: SchemaFacts) {
    this.#facts = facts;
  }

  /** A name as the server stores it. */
  stored(name: string): string {
    return this.#facts.lowerCaseTableNames === 1 ? name.toLowerCase() : name;
  }

  storedTable({ database, table }: TableName): TableName {
    return { database: this.stored(database), table: this.stored(table) };
  }

  #key(name: string): string {
    return this.#facts.lowerCaseTableNames === 0 ? name : name.toLowerCase();
  }

  #database(name: string): KnownDatabase {
    const key = this.#key(name);
    let database = this.#databases.get(key);
    if (database === undefined) {
      database = { charset: null, isComplete: false, tables: new Map() };
      this.#databases.set(key, database);
    }
    return database;
  }

  /** Whether there is a database of the name. */
  databaseState(name: string): 'exists' | 'absent' | 'unknown' {
    const database = this.#databases.get(this.#key(name));
    if (database !== undefined && (database.isComplete || database.charset !== null)) return 'exists';
    return this.#knowsDatabases ? 'absent' : 'unknown';
  }

  charsetOf(database: string): string | null {
    return this.#databases.get(this.#key(database))?.charset ?? null;
  }

  setCharset(database: string, charset: string | null): void {
    this.#database(database).charset = charset;
  }

  /** A database that is new: it has no tables. */
  addDatabase(database: string, charset: string | null): void {
    this.#databases.set(this.#key(database), { charset, isComplete: true, tables: new Map() });
  }

  dropDatabase(database: string): void {
    this.#databases.delete(this.#key(database));
  }

  /** From here on what is not told does not exist. @param databases those of which every table is told */
  complete(databases: Iterable<string>): void {
    this.#knowsDatabases = true;
    for (const name of databases) this.#database(name).isComplete = true;
  }

  stateOf({ database, table }: TableName): NameState {
    const known = this.#databases.get(this.#key(database));
    if (known === undefined) return 'unknown';
    return known.tables.get(this.#key(table)) ?? (known.isComplete ? 'absent' : 'unknown');
  }

  definitionOf(name: TableName): TableDefinition | null {
    const state = this.stateOf(name);
    return typeof state === 'string' ? null : state;
  }

  set({ database, table }: TableName, state: NameState): void {
    const known = this.#database(database);
    if (state === 'absent' && known.isComplete) known.tables.delete(this.#key(table));
    else known.tables.set(this.#key(table), state);
  }

  /** Something happened that was not understood: nothing is known any more. */
  forget(): void {
    this.#databases = new Map();
    this.#knowsDatabases = false;
  }
}
