import { HeavisideError } from '../errors.ts';
import type { SourceFlavor } from '../model/position.ts';
import type { TableVersion } from '../model/table.ts';
import type { LookedUpTable } from './column-lookup.ts';
import { columnType } from './column-type.ts';
import { readTableId, readTableMap, type TableMap } from './table-map-event.ts';
import { describedVersion, lookedUpVersion, type DecodeLabel } from './table-version.ts';

export interface TableRegistryOptions {
  readonly flavor: SourceFlavor;
  readonly decodeLabel: DecodeLabel;
  /** Asks INFORMATION_SCHEMA; see column-lookup.ts. */
  readonly lookUp: (database: string, table: string) => Promise<LookedUpTable>;
  /** Whether the names of a table's columns matter; where not, they become `@1`, `@2` … instead of a query. */
  readonly needsColumns: (database: string, table: string) => boolean;
  readonly onWarning: (message: string) => void;
}

/** A table of the statement at hand. */
export interface RegisteredTable {
  /** The bytes of the TABLE_MAP event behind its id and flags: equal bytes, equal table. */
  readonly identity: Buffer;
  readonly version: TableVersion;
}

/** Table id and flags in front of what identifies the table. */
const IDENTITY_START = 8;
/** Table ids grow with every reopening of a table; old ones are forgotten beyond this. */
const MAX_TABLES = 4096;

/** MariaDB writes uuid, inet6 (16 bytes) and inet4 (4) as fixed-length binary strings. */
function mayBeNamedType(map: TableMap): boolean {
  return map.columns.some(({ type, metadata }, index) => {
    const length = metadata & 0xff;
    const collation = map.metadata.collations[index];
    return (
      type === columnType.STRING &&
      (length === 16 || length === 4) &&
      (collation === undefined || collation === 63)
    );
  });
}

/** Temporal types that MariaDB before 10.1 wrote in two formats under one code. */
function hasOldTemporals(map: TableMap): boolean {
  const { TIMESTAMP, TIME, DATETIME } = columnType;
  return map.columns.some(({ type }) => type === TIMESTAMP || type === TIME || type === DATETIME);
}

/** Table id → version of the table. A version is made once and found again by the bytes of its TABLE_MAP event. */
export class TableRegistry {
  readonly #options: TableRegistryOptions;
  readonly #tables = new Map<number, RegisteredTable>();
  readonly #warned = new Set<string>();

  constructor(options: TableRegistryOptions) {
    this.#options = options;
  }

  /** The table of a rows event; undefined where no TABLE_MAP event came before it. */
  get(tableId: number): RegisteredTable | undefined {
    return this.#tables.get(tableId);
  }

  /** Takes a TABLE_MAP event. Returns a promise where the source must be asked for the columns: read on when it settles. */
  register(body: Buffer): void | Promise<void> {
    const tableId = readTableId(body);
    const known = this.#tables.get(tableId);
    const identity = body.subarray(IDENTITY_START);
    if (known?.identity.equals(identity) === true) return undefined;
    const map = readTableMap(body, this.#options.flavor);
    const copy = Buffer.from(identity);
    const isNeeded = this.#options.needsColumns(map.database, map.table);
    const isNamed = map.metadata.names !== null;
    const isUnclear = this.#options.flavor === 'mariadb' && (mayBeNamedType(map) || hasOldTemporals(map));
    if (!isNeeded || (isNamed && !isUnclear)) {
      this.#keep(tableId, {
        identity: copy,
        version: describedVersion(map, copy, this.#options.decodeLabel, null),
      });
      return undefined;
    }
    return this.#lookUp(map, copy).then((version) => this.#keep(tableId, { identity: copy, version }));
  }

  /** Forgets what was looked up: a schema change may have made it wrong. */
  clear(): void {
    this.#tables.clear();
  }

  #keep(tableId: number, table: RegisteredTable): void {
    if (this.#tables.size >= MAX_TABLES) this.#tables.clear();
    this.#tables.set(tableId, table);
  }

  async #lookUp(map: TableMap, identity: Buffer): Promise<TableVersion> {
    const { lookUp, decodeLabel } = this.#options;
    const table = await lookUp(map.database, map.table);
    if (this.#options.flavor === 'mariadb') refuseOldFractions(map, table);
    if (map.metadata.names !== null) return describedVersion(map, identity, decodeLabel, table);
    this.#warnOnce(map);
    return lookedUpVersion(map, identity, table);
  }

  #warnOnce(map: TableMap): void {
    const name = `${map.database}.${map.table}`;
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#options.onWarning(
      `the binlog does not name the columns of ${name}: they were read from INFORMATION_SCHEMA, which is wrong for events ` +
        'from before a schema change; set binlog_row_metadata=FULL on the source',
    );
  }
}

/** Only the table's definition tells the two formats apart, and the older one is not decoded. */
function refuseOldFractions(map: TableMap, table: LookedUpTable): void {
  const { TIMESTAMP, TIME, DATETIME } = columnType;
  map.columns.forEach(({ type }, index) => {
    const isOld = type === TIMESTAMP || type === TIME || type === DATETIME;
    const name = map.metadata.names?.[index];
    const column =
      name === undefined ? table.columns[index] : table.columns.find((candidate) => candidate.name === name);
    if (isOld && (column?.fractionDigits ?? 0) > 0) {
      throw new HeavisideError(
        'SCHEMA_UNKNOWN',
        `column ${index + 1} of \`${map.database}\`.\`${map.table}\` has the temporal format of before MariaDB 10.1: ` +
          'ALTER TABLE … FORCE with mysql56_temporal_format=ON',
      );
    }
  });
}
