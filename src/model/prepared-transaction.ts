/**
 * An XA transaction that is prepared, and neither committed nor rolled back where the position stands: its rows are in no
 * record yet, and a reader that starts at the position has to read them once more (docs/design/xa.md).
 */
export interface PreparedTransaction {
  /** As the server logs it: X'gtrid',X'bqual',formatID. */
  readonly xid: string;
  /** `SourceTransaction.id` of the transaction that prepared it. */
  readonly id: string;
  /** MariaDB with GTIDs: the GTID before `id` in its domain, behind which a reader starts; null where `id` is the first, and elsewhere. */
  readonly after: string | null;
  /** By file and offset: when the file of `id` was opened, seconds since 1970; null where not known, and with GTIDs. */
  readonly fileCreatedAt: number | null;
}
