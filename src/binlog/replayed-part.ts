import { HeavisideError } from '../errors.ts';
import { parseMariadbGtid, type MariadbGtid, type MariadbGtidSet } from '../model/mariadb-gtid-set.ts';
import type { BinlogCoordinates } from '../model/position.ts';

/**
 * The part of the stream in front of the position, which is read once more because XA transactions were prepared in it
 * that are not ended: everything in it was replicated, and is passed over.
 */
export interface ReplayedPart {
  /** Whether a transaction, by its id, lies in it. Asked in binlog order. @throws HeavisideError SOURCE_HISTORY_CHANGED */
  covers(id: string): boolean;
  /** Takes note that a transaction was read to its end. */
  passed(id: string): void;
}

/** MariaDB with GTIDs: in each domain that is read again, everything up to the position's GTID. */
export class ReplayedDomains implements ReplayedPart {
  readonly #lastOf = new Map<number, MariadbGtid>();

  /** @param domains those that are read from before the position */
  constructor(position: MariadbGtidSet, domains: ReadonlySet<number>) {
    for (const gtid of position.gtids())
      if (domains.has(gtid.domainId)) this.#lastOf.set(gtid.domainId, gtid);
  }

  covers(id: string): boolean {
    if (this.#lastOf.size === 0) return false;
    const { domainId, sequence } = parseMariadbGtid(id);
    const last = this.#lastOf.get(domainId);
    if (last !== undefined && sequence > last.sequence) {
      throw new HeavisideError(
        'SOURCE_HISTORY_CHANGED',
        `${id} comes without ${domainId}-${last.serverId}-${last.sequence}, which was replicated, before it`,
      );
    }
    return last !== undefined;
  }

  passed(id: string): void {
    if (this.#lastOf.size === 0) return;
    const { domainId, serverId, sequence } = parseMariadbGtid(id);
    const last = this.#lastOf.get(domainId);
    if (last?.serverId === serverId && last.sequence === sequence) this.#lastOf.delete(domainId);
  }
}

/** By file and offset: everything that starts before the position. */
export class ReplayedFiles implements ReplayedPart {
  readonly #until: BinlogCoordinates;
  #isBehind = false;

  constructor(until: BinlogCoordinates) {
    this.#until = until;
  }

  covers(id: string): boolean {
    if (this.#isBehind) return false;
    const start = coordinatesOf(id);
    this.#isBehind = start === null || compareCoordinates(start, this.#until) >= 0;
    return !this.#isBehind;
  }

  passed(): void {}
}

/** The place that the id of a transaction names; null where it is none. */
export function coordinatesOf(id: string): BinlogCoordinates | null {
  const [, file, offset] = /^(.+):(\d+)$/.exec(id) ?? [];
  return file === undefined ? null : { file, offset: Number(offset) };
}

/** Negative where `a` stands before `b`. A server numbers its files upwards: `binlog.000007`, and beyond six digits. */
export function compareCoordinates(a: BinlogCoordinates, b: BinlogCoordinates): number {
  return fileNumber(a.file) - fileNumber(b.file) || a.offset - b.offset;
}

const fileNumber = (file: string): number => Number(/\d+$/.exec(file)?.[0] ?? 0);
