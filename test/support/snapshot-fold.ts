import type { TopicRecord } from './topic-record.ts';

interface Value {
  readonly database: string;
  readonly table: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly old?: Readonly<Record<string, unknown>>;
}

/** A table as a consumer has it that reads one partition and keeps the last state of every row. */
export class SnapshotFold {
  readonly rows = new Map<string, Readonly<Record<string, unknown>>>();
  /** Records of each type. */
  readonly counts = new Map<string, number>();
  /** What must not be: ids that came twice, rows that went back to an older version. */
  readonly faults: string[] = [];
  readonly #key: readonly string[];
  readonly #ids = new Set<string>();
  readonly #versions = new Map<string, number>();

  /** @param key names of the columns that tell rows apart; with a column `ver` its values must never sink for one key */
  constructor(key: readonly string[]) {
    this.#key = key;
  }

  #keyOf(data: Readonly<Record<string, unknown>>): string {
    return JSON.stringify(this.#key.map((name) => data[name]));
  }

  take(record: TopicRecord): void {
    const value = JSON.parse(record.value ?? '') as Value;
    const { type, data, old } = value;
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    if (this.#ids.has(record.messageId)) this.faults.push(`${record.messageId} came twice`);
    this.#ids.add(record.messageId);
    if (type === 'bootstrap-start' || type === 'bootstrap-complete') return;
    const key = this.#keyOf(data);
    const version = Number(data['ver'] ?? 0);
    if (version < (this.#versions.get(key) ?? 0))
      this.faults.push(
        `${type} ${record.messageId}: row ${key} went back from ${this.#versions.get(key)} to ${version}`,
      );
    this.#versions.set(key, version);
    if (type === 'delete') {
      this.rows.delete(key);
      return;
    }
    if (old !== undefined) this.rows.delete(this.#keyOf({ ...data, ...old }));
    this.rows.set(key, data);
  }

  /** Rows of the source that are not here as they are there. */
  missing(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
    return rows.flatMap((row) => this.#difference(row) ?? []);
  }

  #difference(row: Readonly<Record<string, unknown>>): string | null {
    const key = this.#keyOf(row);
    const ours = this.rows.get(key);
    if (ours === undefined) return `row ${key} is missing`;
    if (JSON.stringify(sorted(ours)) === JSON.stringify(sorted(row))) return null;
    return `row ${key}: ${JSON.stringify(ours)} in the topic, ${JSON.stringify(row)} at the source`;
  }

  /** What differs from the rows of the source, at most ten lines. */
  differences(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
    const found = this.missing(rows);
    const seen = new Set(rows.map((row) => this.#keyOf(row)));
    for (const key of this.rows.keys()) if (!seen.has(key)) found.push(`row ${key} is too much`);
    return found.slice(0, 10);
  }
}

const sorted = (row: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
