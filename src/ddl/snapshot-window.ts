import type { GtidSet } from '../model/gtid-set.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { BinlogCoordinates } from '../model/position.ts';
import type { SchemaFacts, SchemaSnapshot } from '../model/schema-snapshot.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { SchemaCatalog } from './schema-catalog.ts';
import type { SchemaStatement } from './schema-statement.ts';
import type { TableName } from './sql-cursor.ts';

/** The number at the end of a binlog's name. */
const fileNumber = (file: string): number => Number(/\d+$/.exec(file)?.[0] ?? 0);

function isPast(place: BinlogCoordinates, end: BinlogCoordinates): boolean {
  const files = fileNumber(place.file) - fileNumber(end.file);
  return files === 0 ? place.offset > end.offset : files > 0;
}

const keyOf = ({ database, table }: TableName): string => `${database}\0${table}`.toLowerCase();

/** Tables that a statement changes, by either name. */
function touchedTables(statement: SchemaStatement): readonly TableName[] {
  switch (statement.kind) {
    case 'table-create':
    case 'key-drop':
      return [statement.name];
    case 'table-alter':
      return [
        statement.name,
        ...statement.actions.flatMap((action) => (action.kind === 'rename-table' ? [action.to] : [])),
      ];
    case 'table-rename':
      return statement.renames.flatMap(({ from, to }) => [from, to]);
    case 'table-drop':
    case 'name-change':
      return statement.names;
    default:
      return [];
  }
}

/**
 * A snapshot on its way into the catalog. It was read while the server went on, between `includes` and `end`. A schema
 * change of `includes` is in it; one behind `end` is not; of those between nobody knows, so their tables are left out.
 * It becomes valid where the stream passes `end`.
 */
export class SnapshotWindow {
  readonly #snapshot: SchemaSnapshot;
  readonly #includes: GtidSet;
  readonly #facts: SchemaFacts;
  readonly #tables = new Map<string, TableName>();
  readonly #databases = new Set<string>();
  #isVoid = false;
  #transaction: SourceTransaction | null = null;

  constructor(snapshot: SchemaSnapshot, facts: SchemaFacts) {
    this.#snapshot = snapshot;
    this.#facts = facts;
    this.#includes = parseGtidSet(facts.flavor, snapshot.includes);
  }

  /** Takes note of the next transaction: true where it is behind the snapshot. */
  isBehind(transaction: SourceTransaction): boolean {
    this.#transaction = transaction;
    return isPast(transaction.end, this.#snapshot.end);
  }

  /** Takes note of the schema change of the transaction at hand. */
  touch(statement: SchemaStatement, catalog: SchemaCatalog): void {
    const gtid = this.#transaction?.gtid ?? null;
    if (gtid !== null && this.#includes.contains(parseGtidSet(this.#facts.flavor, gtid))) return;
    if (statement.kind === 'unknown') this.#isVoid = true;
    if ('database' in statement) this.#databases.add(catalog.stored(statement.database).toLowerCase());
    for (const name of touchedTables(statement).map((each) => catalog.storedTable(each)))
      this.#tables.set(keyOf(name), name);
  }

  /** What the statements of the stream told stays where the snapshot says nothing for certain. */
  fill(catalog: SchemaCatalog): void {
    if (this.#isVoid) return;
    const { databases, tables, others, isComplete } = this.#snapshot;
    const isSure = (name: TableName): boolean =>
      !this.#tables.has(keyOf(name)) && !this.#databases.has(name.database.toLowerCase());
    const sure = [...databases].filter(([name]) => !this.#databases.has(name.toLowerCase()));
    for (const [name, charset] of sure) catalog.setCharset(name, charset);
    for (const definition of tables) if (isSure(definition)) catalog.set(definition, definition);
    for (const name of others) if (isSure(name)) catalog.set(name, 'unknown');
    // What completing would take for absent.
    for (const name of this.#tables.values()) catalog.set(name, catalog.stateOf(name));
    if (isComplete && this.#databases.size === 0) catalog.complete(sure.map(([name]) => name));
  }
}
