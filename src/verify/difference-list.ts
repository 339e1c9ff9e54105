import type { CanonicalRow } from './row-change.ts';
import type { RecordPlace } from './row-table.ts';
import type { VerifiedTable } from './table-columns.ts';
import type { Difference } from './table-result.ts';
import type { TopicHistory } from './topic-history.ts';

/** between: missing, if the topic begins with the table. */
type Kind = Difference['kind'] | 'between';

interface Entry {
  readonly kind: Kind;
  /** As the source has it; null: it has none. */
  readonly row: CanonicalRow | null;
  /** The last record; null: there is none. */
  readonly at: RecordPlace | null;
}

/** The first differences of each kind, with what tells an operator where to look. */
export class DifferenceList {
  readonly #table: VerifiedTable;
  readonly #history: TopicHistory;
  readonly #limit: number;
  readonly #entries: Entry[] = [];
  readonly #counts: Record<Kind, number> = { changed: 0, missing: 0, extra: 0, between: 0 };

  /** @param limit how many of each kind are kept */
  constructor(table: VerifiedTable, history: TopicHistory, limit: number) {
    this.#table = table;
    this.#history = history;
    this.#limit = limit;
  }

  add(kind: Kind, row: CanonicalRow | null, at: RecordPlace | null): void {
    if (this.#counts[kind]++ < this.#limit) this.#entries.push({ kind, row, at });
  }

  /** Reads the last records of the rows again. @param areFirstCovered whether what is between counts as missing */
  async describe(areFirstCovered: boolean): Promise<Difference[]> {
    const differences: Difference[] = [];
    for (const { kind, row, at } of this.#entries) {
      if (kind === 'between' && !areFirstCovered) continue;
      const read = at === null ? null : await this.#history.readAgain(at.place, at.offset);
      // Of an update that changed the key, the former row is the one that went.
      const ofTopic = read && (kind === 'missing' ? read.former : read.row);
      differences.push({
        kind: kind === 'between' ? 'missing' : kind,
        key: this.#key(row ?? ofTopic),
        ...(kind === 'changed' && row && ofTopic ? { columns: this.#differing(row, ofTopic) } : {}),
        record: at && { ...this.#history.where(at.place), offset: at.offset },
      });
    }
    return differences.slice(0, this.#limit);
  }

  #key(row: CanonicalRow | null | undefined): Difference['key'] {
    const { key, columns } = this.#table;
    if (!row || key.length === 0) return null;
    return Object.fromEntries(key.map((index) => [columns[index]?.name ?? '', row[index] ?? null]));
  }

  #differing(row: CanonicalRow, ofTopic: CanonicalRow): string[] {
    return this.#table.columns.flatMap(({ name }, index) =>
      ofTopic[index] !== undefined && ofTopic[index] !== row[index] ? [name] : [],
    );
  }
}
