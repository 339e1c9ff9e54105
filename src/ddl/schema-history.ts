import type { SchemaFacts, SchemaSnapshot } from '../model/schema-snapshot.ts';
import type { SchemaChange, SourceTransaction } from '../model/transaction.ts';
import type { DdlChange } from './ddl-change.ts';
import { readStatement, type StatementSyntax } from './read-statement.ts';
import { resolveStatement } from './resolve-statement.ts';
import { SchemaCatalog } from './schema-catalog.ts';
import { SnapshotWindow } from './snapshot-window.ts';

/** sql_mode bits (`sql/system_variables.h`). */
const REAL_AS_FLOAT = 1;
const ANSI_QUOTES = 4;
const ORACLE = 1 << 9;
const NO_BACKSLASH_ESCAPES = 1 << 20;

/** The definitions of tables, followed along a stream; docs/design/ddl.md says what is known when. */
export class SchemaHistory {
  readonly #facts: SchemaFacts;
  readonly #catalog: SchemaCatalog;
  #window: SnapshotWindow | null;

  constructor(facts: SchemaFacts, snapshot: SchemaSnapshot | null) {
    this.#facts = facts;
    this.#catalog = new SchemaCatalog(facts);
    this.#window = snapshot && new SnapshotWindow(snapshot, facts);
  }

  /** Every transaction of the stream passes here, in order, before its schema change is applied. */
  advance(transaction: SourceTransaction): void {
    if (this.#window === null || !this.#window.isBehind(transaction)) return;
    this.#window.fill(this.#catalog);
    this.#window = null;
  }

  /**
   * The records of a statement; null where it is not understood.
   * @param serverCharset character set of collation_server in the session; null: not known
   */
  apply(change: SchemaChange, serverCharset: string | null): readonly DdlChange[] | null {
    const statement = readStatement(change.sql, this.#syntax(change.sqlMode), change.database);
    this.#window?.touch(statement, this.#catalog);
    const changes = resolveStatement(statement, this.#catalog, serverCharset);
    return statement.kind === 'unknown' ? null : changes;
  }

  #syntax(sqlMode: number): StatementSyntax {
    const { flavor } = this.#facts;
    const isOracle = flavor === 'mariadb' && (sqlMode & ORACLE) !== 0;
    return {
      flavor,
      isOracle,
      hasAnsiQuotes: (sqlMode & ANSI_QUOTES) !== 0,
      hasBackslashEscapes: (sqlMode & NO_BACKSLASH_ESCAPES) === 0,
      isRealFloat: (sqlMode & REAL_AS_FLOAT) !== 0,
    };
  }
}
