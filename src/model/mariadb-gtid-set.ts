import { HeavisideError } from '../errors.ts';
import type { GtidSet } from './gtid-set.ts';

/** One MariaDB GTID: `domain-server-sequence`. */
export interface MariadbGtid {
  /** 0 to 2^32 - 1 */
  readonly domainId: number;
  /** 0 to 2^32 - 1 */
  readonly serverId: number;
  /** 0 to 2^64 - 1 */
  readonly sequence: bigint;
}

const GTID = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/;
const MAX_UINT32 = 0xffff_ffff;
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/**
 * Parses `0-1-815`.
 * @throws HeavisideError CONFIG_INVALID
 */
export function parseMariadbGtid(text: string): MariadbGtid {
  const match = GTID.exec(text.trim());
  const domainId = Number(match?.[1]);
  const serverId = Number(match?.[2]);
  const sequence = BigInt(match?.[3] ?? 0);
  if (match === null || domainId > MAX_UINT32 || serverId > MAX_UINT32 || sequence > MAX_UINT64) {
    throw new HeavisideError(
      'CONFIG_INVALID',
      `"${text.slice(0, 80)}" is not a MariaDB GTID (domain-server-sequence)`,
    );
  }
  return { domainId, serverId, sequence };
}

export const formatMariadbGtid = (gtid: MariadbGtid): string =>
  `${gtid.domainId}-${gtid.serverId}-${gtid.sequence}`;

/** A MariaDB GTID position: the last GTID of each replication domain. Immutable. */
export class MariadbGtidSet implements GtidSet {
  readonly flavor = 'mariadb';
  readonly #domains: ReadonlyMap<number, MariadbGtid>;

  private constructor(domains: ReadonlyMap<number, MariadbGtid>) {
    this.#domains = domains;
  }

  /**
   * Parses the text of `@@gtid_binlog_pos` and the like: `0-1-815,1-1-3`; at most one entry a domain.
   * @throws HeavisideError CONFIG_INVALID
   */
  static parse(text: string): MariadbGtidSet {
    const domains = new Map<number, MariadbGtid>();
    for (const entry of text.split(',')) {
      if (entry.trim() === '') continue;
      const gtid = parseMariadbGtid(entry);
      if (domains.has(gtid.domainId)) {
        throw new HeavisideError(
          'CONFIG_INVALID',
          `"${text.slice(0, 80)}" names domain ${gtid.domainId} twice`,
        );
      }
      domains.set(gtid.domainId, gtid);
    }
    return new MariadbGtidSet(domains);
  }

  /** An overwrite, never a maximum: after a failover a domain may go on with a lower sequence number. */
  add(gtid: string): MariadbGtidSet {
    const parsed = parseMariadbGtid(gtid);
    const domains = new Map(this.#domains);
    domains.set(parsed.domainId, parsed);
    return new MariadbGtidSet(domains);
  }

  /** The set without a domain. */
  removeDomain(domainId: number): MariadbGtidSet {
    const domains = new Map(this.#domains);
    domains.delete(domainId);
    return new MariadbGtidSet(domains);
  }

  /** The GTID of the domain that `gtid` belongs to, as text; null where there is none. */
  lastOfDomain(gtid: string): string | null {
    const last = this.#domains.get(parseMariadbGtid(gtid).domainId);
    return last === undefined ? null : formatMariadbGtid(last);
  }

  contains(other: GtidSet): boolean {
    if (!(other instanceof MariadbGtidSet)) return other.isEmpty();
    return other.gtids().every((gtid) => {
      const known = this.#domains.get(gtid.domainId);
      return known !== undefined && gtid.sequence <= known.sequence;
    });
  }

  isEmpty(): boolean {
    return this.#domains.size === 0;
  }

  /** The GTIDs, sorted by domain. */
  gtids(): readonly MariadbGtid[] {
    return [...this.#domains.values()].sort((a, b) => a.domainId - b.domainId);
  }

  toString(): string {
    return this.gtids().map(formatMariadbGtid).join(',');
  }
}
