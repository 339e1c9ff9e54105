import type { TopicRecord } from './topic-record.ts';

interface Value {
  readonly type: string;
  readonly data: RowState;
  readonly old?: { readonly id?: number };
}

interface RowState {
  readonly id: number;
  readonly ver: number;
  readonly v: string | null;
}

const MESSAGE_ID = /^(.*[:-])(\d+)#(\d+)$/;

/** FNV-1a of 32 bits; never 0, which stands for no row. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0 || 1;
}

/**
 * A table `(id, ver, v)` as a consumer has it that reads one partition and keeps the last state of every row: eight
 * bytes an id, so that millions of rows fit.
 */
export class RowStates {
  /** What must not be: ids that came twice or in a wrong order, rows that went back to an older version. */
  readonly faults: string[] = [];
  records = 0;
  snapshotRows = 0;
  isComplete = false;
  size = 0;
  readonly #hashes: Uint32Array;
  /** The highest that was seen, of deleted rows too. */
  readonly #versions: Uint32Array;
  /** Of each source of message ids the last one. */
  readonly #lastIds = new Map<string, readonly [number: number, row: number]>();

  /** @param maxId ids are 0 to this one */
  constructor(maxId: number) {
    this.#hashes = new Uint32Array(maxId + 1);
    this.#versions = new Uint32Array(maxId + 1);
  }

  has(id: number): boolean {
    return this.#hashes[id] !== 0;
  }

  take({ value, messageId }: TopicRecord): void {
    const { type, data, old } = JSON.parse(value ?? '') as Value;
    this.records++;
    this.#noteId(messageId);
    if (type === 'bootstrap-complete') this.isComplete = true;
    if (type === 'bootstrap-start' || type === 'bootstrap-complete') return;
    if (type === 'bootstrap-insert') this.snapshotRows++;
    const { id, ver } = data;
    const before = this.#versions[id] ?? 0;
    if (ver < before) this.faults.push(`${type} ${messageId}: row ${id} went back from ${before} to ${ver}`);
    this.#versions[id] = ver;
    if (type === 'delete') return this.#set(id, 0);
    if (old?.id !== undefined) this.#set(old.id, 0);
    this.#set(id, hashOf(data.v ?? ''));
  }

  #set(id: number, hash: number): void {
    this.size += Number(hash !== 0) - Number(this.has(id));
    this.#hashes[id] = hash;
  }

  /** In one partition the ids of a source rise, and so do those of a snapshot's chunks: none can come twice. */
  #noteId(messageId: string): void {
    const [, source = '', number = '', row = ''] = MESSAGE_ID.exec(messageId) ?? [];
    const last = this.#lastIds.get(source) ?? [-1, -1];
    const id = [Number(number), Number(row)] as const;
    if (source === '' || id[0] < last[0] || (id[0] === last[0] && id[1] <= last[1]))
      this.faults.push(`message_id ${messageId} came behind ${last.join('#')}`);
    this.#lastIds.set(source, id);
  }

  /** Null where the row is as the source has it. */
  difference({ id, ver, v }: RowState): string | null {
    if (!this.has(id)) return `row ${id} is missing`;
    if (this.#versions[id] === ver && this.#hashes[id] === hashOf(v ?? '')) return null;
    return `row ${id}: version ${this.#versions[id]} in the topic, ${ver} at the source, or another value`;
  }
}
