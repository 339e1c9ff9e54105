import type { GtidSet } from '../model/gtid-set.ts';
import { MariadbGtidSet } from '../model/mariadb-gtid-set.ts';
import type { Position } from '../model/position.ts';
import type { PositionRecord, SourceIdentityRecord, SplitPosition } from '../model/position-record.ts';
import type { PreparedTransaction } from '../model/prepared-transaction.ts';
import type { SnapshotProgress } from '../model/snapshot-progress.ts';
import type { SourceTransaction, XaStep } from '../model/transaction.ts';

/** What does not change while one leadership lasts. */
export interface TrackerIdentity {
  readonly clusterUuid: string;
  readonly source: SourceIdentityRecord;
  readonly epoch: number;
  readonly config: string;
}

/** Our own bookkeeping of what was read, and the position records that follow from it. */
export class PositionTracker {
  readonly #identity: TrackerIdentity;
  #gtids: GtidSet | null;
  #coordinates: Position['coordinates'];
  #lastTransaction: PositionRecord['lastTransaction'];
  /** Prepared XA transactions, in the order of the binlog. */
  #prepared: readonly PreparedTransaction[];
  #commit: number;
  readonly #fileCreatedAt: (file: string) => number | null;
  /** What of snapshots goes into the next record; null: none is under way. */
  snapshot: SnapshotProgress | null = null;

  /** @param from.nextCommit number of this epoch's next commit, from 0 */
  constructor(
    identity: TrackerIdentity,
    start: Position,
    from: {
      lastTransaction: PositionRecord['lastTransaction'];
      nextCommit: number;
      fileCreatedAt: (file: string) => number | null;
    },
  ) {
    this.#identity = identity;
    this.#gtids = start.gtids;
    this.#coordinates = start.coordinates;
    this.#prepared = start.prepared ?? [];
    this.#lastTransaction = from.lastTransaction;
    this.#commit = from.nextCommit;
    this.#fileCreatedAt = from.fileCreatedAt;
  }

  get position(): Position {
    return { gtids: this.#gtids, coordinates: this.#coordinates, prepared: this.#prepared };
  }

  /** The transaction is wholly in the batch at hand (or needs nothing there). */
  advance(transaction: SourceTransaction): void {
    const { xa, gtid } = transaction;
    if (xa?.step === 'prepare' && this.#prepared.some(({ id }) => id === transaction.id)) return; // read once more
    if (xa !== undefined) this.#advanceXa(transaction, xa);
    this.#coordinates = transaction.end;
    const staysHole = xa?.step === 'prepare' && this.#gtids?.flavor === 'mysql';
    if (staysHole) return;
    if (gtid !== null && this.#gtids) this.#gtids = this.#gtids.add(gtid);
    this.#lastTransaction = { id: transaction.id, fingerprint: transaction.fingerprint };
  }

  /** Takes note of what is prepared, and of its end: on MySQL the prepared GTID counts as replicated from then on. */
  #advanceXa({ id, start }: SourceTransaction, { xid, step }: XaStep): void {
    const known = this.#prepared.find((prepared) => prepared.xid === xid);
    if (known !== undefined) {
      this.#prepared = this.#prepared.filter((prepared) => prepared !== known);
      if (this.#gtids?.flavor === 'mysql') this.#gtids = this.#gtids.add(known.id);
    }
    if (step !== 'prepare') return;
    const after = this.#gtids instanceof MariadbGtidSet ? this.#gtids.lastOfDomain(id) : null;
    const fileCreatedAt = this.#gtids === null ? this.#fileCreatedAt(start.file) : null;
    this.#prepared = [...this.#prepared, { xid, id, after, fileCreatedAt }];
  }

  /** Without GTID the position also moves where nothing was committed: a new binlog file, events that are no transaction. */
  moveTo(coordinates: NonNullable<Position['coordinates']>): boolean {
    const at = this.#coordinates;
    if (at && at.file === coordinates.file && at.offset >= coordinates.offset) return false;
    this.#coordinates = coordinates;
    return true;
  }

  /** The next record of this epoch. */
  record(
    reason: PositionRecord['reason'],
    partitions: Record<string, number>,
    split: SplitPosition | null = null,
  ): PositionRecord {
    return {
      v: this.snapshot === null ? 1 : 2,
      clusterUuid: this.#identity.clusterUuid,
      source: this.#identity.source,
      gtidSet: this.#gtids?.toString() ?? null,
      file: this.#coordinates?.file ?? null,
      offset: this.#coordinates?.offset ?? null,
      fileCreatedAt: this.#coordinates ? this.#fileCreatedAt(this.#coordinates.file) : null,
      split,
      ...(this.#prepared.length === 0 ? {} : { prepared: this.#prepared }),
      ...(this.snapshot === null ? {} : { snapshot: this.snapshot }),
      lastTransaction: this.#lastTransaction,
      epoch: this.#identity.epoch,
      commit: this.#commit++,
      partitions,
      config: this.#identity.config,
      reason,
      at: new Date().toISOString(),
    };
  }
}
