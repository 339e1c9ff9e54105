import { createWriteStream, type WriteStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

const CHANGES_PER_WRITE = 2000;

/** A row as the writer knows it: column → value. */
export type Row = Readonly<Record<string, string | number | null>>;

/** One row change of a source transaction. */
export interface LedgerChange {
  readonly table: string;
  /** True: it stands outside the filter. It counts for message_id and must not be seen. */
  readonly isHidden: boolean;
  readonly op: 'insert' | 'update' | 'delete';
  /** Columns of the primary key. */
  readonly key: readonly string[];
  readonly before: Row | null;
  readonly after: Row | null;
}

/** One transaction that the source has acknowledged; its changes in binlog order. */
export interface LedgerEntry {
  /** As the server named it in its acknowledgement. Null: the connection broke at COMMIT, and the commit was found afterwards. */
  readonly gtid: string | null;
  readonly changes: readonly LedgerChange[];
  /** Milliseconds since 1970. */
  readonly acknowledgedAt: number;
}

/** Rows that were in a table before anything was streamed. */
export interface TableBefore {
  readonly table: string;
  /** Columns of the primary key. */
  readonly key: readonly string[];
  readonly rows: readonly Row[];
}

/** Everything that was acknowledged, in memory and as JSON lines in a file. */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  /** Row changes that the stream must show. */
  visibleChanges = 0;
  readonly #file: WriteStream;
  #written: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  add(entry: LedgerEntry): void {
    this.entries.push(entry);
    this.visibleChanges += entry.changes.filter(({ isHidden }) => !isHidden).length;
    this.#written = this.#written.then(() => this.#write(entry));
  }

  /** Piece by piece: the relays of the replicas run in this process, and must not stand still for a large transaction. */
  async #write({ changes, ...named }: LedgerEntry): Promise<void> {
    this.#file.write(`${JSON.stringify(named).slice(0, -1)},"changes":[`);
    for (let at = 0; at < changes.length; at += CHANGES_PER_WRITE) {
      const piece = JSON.stringify(changes.slice(at, at + CHANGES_PER_WRITE)).slice(1, -1);
      this.#file.write(at === 0 ? piece : `,${piece}`);
      if (at > 0) await setImmediate();
    }
    this.#file.write(']}\n');
  }

  async close(): Promise<void> {
    await this.#written;
    await new Promise<void>((resolve) => this.#file.end(resolve));
  }
}
