import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HeavisideError } from '../errors.ts';
import { parsePositionRecord, type PositionRecord } from '../model/position-record.ts';
import type { CheckpointStore } from './checkpointer.ts';

/** The position of a single process in a file: replaced as a whole, so that a crash leaves the old one or the new one. */
export class PositionFile implements CheckpointStore {
  readonly #path: string;
  readonly #isSynced: boolean;

  /** @param isSynced whether each write reaches the disk before it counts (position_file_sync) */
  constructor(path: string, isSynced: boolean) {
    this.#path = path;
    this.#isSynced = isSynced;
  }

  /** Null: there is no file yet. @throws POSITION_FILE_UNUSABLE */
  load(): PositionRecord | null {
    if (!existsSync(this.#path)) return null;
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      throw new HeavisideError('POSITION_FILE_UNUSABLE', `${this.#path} cannot be read`, { cause: error });
    }
    const record = parsePositionRecord(text);
    if (!record)
      throw new HeavisideError('POSITION_FILE_UNUSABLE', `${this.#path} holds no position of Heaviside`);
    return record;
  }

  save(record: PositionRecord): Promise<'saved' | 'stale'> {
    const draft = `${this.#path}.new`;
    try {
      const fd = openSync(draft, 'w', 0o600);
      try {
        writeFileSync(fd, `${JSON.stringify(record)}\n`);
        if (this.#isSynced) fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(draft, this.#path);
      if (this.#isSynced) syncDirectory(dirname(this.#path));
    } catch (error) {
      return Promise.reject(
        new HeavisideError('POSITION_FILE_UNUSABLE', `${this.#path} cannot be written`, { cause: error }),
      );
    }
    return Promise.resolve('saved');
  }
}

/** A rename is durable once its directory is. */
function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
