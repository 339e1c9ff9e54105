import type { SeededRandom } from '../../support/seeded-random.ts';
import type { Row } from './ledger.ts';

/** A table of the writer. The columns of the key are whole numbers; `ver` counts the changes of a key. */
export interface WriterTable {
  readonly name: string;
  readonly key: readonly string[];
  readonly isHidden: boolean;
  readonly definition: string;
}

/** `tickets` has one row a session, which each of its transactions changes: hot keys, and the proof of a commit. */
export const writerTables = [
  {
    name: 'tickets',
    key: ['session'],
    isHidden: false,
    definition: 'session INT NOT NULL PRIMARY KEY, ver INT NOT NULL, note VARCHAR(60)',
  },
  {
    name: 'accounts',
    key: ['id'],
    isHidden: false,
    definition: 'id BIGINT NOT NULL PRIMARY KEY, ver INT NOT NULL, amount BIGINT, owner VARCHAR(80)',
  },
  {
    name: 'pairs',
    key: ['a', 'b'],
    isHidden: false,
    definition: 'a INT NOT NULL, b BIGINT NOT NULL, ver INT NOT NULL, label VARCHAR(80), PRIMARY KEY (a, b)',
  },
  {
    name: 'bodies',
    key: ['id'],
    isHidden: false,
    definition: 'id BIGINT NOT NULL PRIMARY KEY, ver INT NOT NULL, body LONGTEXT',
  },
  {
    name: 'shapes',
    key: ['id'],
    isHidden: false,
    definition: 'id BIGINT NOT NULL PRIMARY KEY, ver INT NOT NULL, base VARCHAR(40)',
  },
  {
    name: 'aside',
    key: ['id'],
    isHidden: true,
    definition: 'id BIGINT NOT NULL PRIMARY KEY, ver INT NOT NULL, label VARCHAR(80)',
  },
] as const satisfies readonly WriterTable[];

export type TableName = (typeof writerTables)[number]['name'];

const WORDS = [
  'plain',
  'München ß',
  '東京',
  '😁🚀',
  `it's "quoted" \\ here`,
  'line\nbreak\ttab',
  '',
  ' blank ',
];

/** A text of up to 60 characters, NULL once in twelve. */
export function randomText(random: SeededRandom): string | null {
  if (random.chance(1 / 12)) return null;
  return `${random.pick(WORDS)}${random.between(0, 999_999)}${random.pick(WORDS)}`;
}

/** A text of 1 KB to 200 KB. */
export function randomBody(random: SeededRandom): string {
  const part = `${random.pick(WORDS)}${random.between(0, 999_999_999).toString(36)}|`;
  return part.repeat(Math.ceil((random.chance(0.2) ? random.between(50_000, 200_000) : 1000) / part.length));
}

/** One session's rows of one table, with an undo for transactions that did not come to be. */
export class SessionTable {
  readonly table: WriterTable;
  readonly #rows = new Map<string, Row>();
  readonly #order: string[] = [];
  readonly #places = new Map<string, number>();
  /** Rows whose key was given up, as they were then: it may come back with a greater `ver`. */
  readonly #retired = new Map<string, Row>();
  readonly #undo: (readonly [key: string, row: Row | undefined, retired: Row | undefined])[] = [];

  constructor(table: WriterTable) {
    this.table = table;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** All rows in the order of the primary key. */
  all(): Row[] {
    return this.#sorted([...this.#rows.values()]);
  }

  /** Up to `count` rows in the order of the primary key. */
  pick(count: number, random: SeededRandom): Row[] {
    const picked = new Map<string, Row>();
    for (let i = 0; i < count && this.#order.length > 0; i++) {
      const key = random.pick(this.#order);
      const row = this.#rows.get(key);
      if (row !== undefined) picked.set(key, row);
    }
    return this.#sorted([...picked.values()]);
  }

  /** The row whose key was given up longest ago. */
  retired(): Row | undefined {
    return this.#retired.values().next().value;
  }

  /** Puts `after` in the place of `before`. */
  change(before: Row | null, after: Row | null): void {
    if (before !== null) this.#set(this.#text(before), undefined, before);
    if (after !== null) this.#set(this.#text(after), after, undefined);
  }

  keep(): void {
    this.#undo.length = 0;
  }

  undo(): void {
    for (const [key, row, retired] of this.#undo.splice(0).reverse()) this.#put(key, row, retired);
  }

  #sorted(rows: readonly Row[]): Row[] {
    const distance = (one: Row, other: Row): number =>
      this.table.key.reduce((sum, column) => sum || Number(one[column]) - Number(other[column]), 0);
    return rows.toSorted(distance);
  }

  #text(row: Row): string {
    return this.table.key.map((column) => row[column]).join(',');
  }

  #set(key: string, row: Row | undefined, retired: Row | undefined): void {
    this.#undo.push([key, this.#rows.get(key), this.#retired.get(key)]);
    this.#put(key, row, retired);
  }

  #put(key: string, row: Row | undefined, retired: Row | undefined): void {
    if (retired === undefined) this.#retired.delete(key);
    else this.#retired.set(key, retired);
    const place = this.#places.get(key);
    if (row !== undefined) {
      this.#rows.set(key, row);
      if (place === undefined) this.#places.set(key, this.#order.push(key) - 1);
      return;
    }
    this.#rows.delete(key);
    const last = this.#order.at(-1);
    if (place === undefined || last === undefined) return;
    // The last one takes the free place.
    this.#order[place] = last;
    this.#places.set(last, place);
    this.#order.pop();
    this.#places.delete(key);
  }
}
