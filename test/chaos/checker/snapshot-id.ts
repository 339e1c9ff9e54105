/** What the header `message_id` says of a record that a snapshot wrote: `SNAPSHOT:DATABASE.TABLE:CHUNK#ROW`. */
export interface SnapshotId {
  readonly snapshot: string;
  /** With its database. */
  readonly table: string;
  readonly chunk: number;
  readonly row: number;
}

const FORM = /^(.+):([^:]+\.[^:]+):(\d+)#(\d+)$/;

/** Null for the record of a row change. */
export function parseSnapshotId(messageId: string): SnapshotId | null {
  const [, snapshot, table, chunk, row] = FORM.exec(messageId) ?? [];
  if (snapshot === undefined || table === undefined) return null;
  return { snapshot, table, chunk: Number(chunk), row: Number(row) };
}
