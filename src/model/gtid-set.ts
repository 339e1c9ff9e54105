/** What the pipeline needs of a GTID set, MySQL's and MariaDB's alike. Values are never changed in place. */
export interface GtidSet {
  readonly flavor: 'mysql' | 'mariadb';
  /** The set with one more GTID. MySQL: the union. MariaDB: the domain's position becomes this one. */
  add(gtid: string): GtidSet;
  /** Whether everything in `other` is in this set (same flavor; MariaDB: per domain, by sequence number). */
  contains(other: GtidSet): boolean;
  isEmpty(): boolean;
  /** Canonical text: MySQL `uuid:1-5:7,uuid:tag:1`, sorted; MariaDB `0-1-815,1-1-3`, sorted by domain. */
  toString(): string;
}
