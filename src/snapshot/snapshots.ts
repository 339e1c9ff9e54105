import type { SnapshotProgress } from '../model/snapshot-progress.ts';
import { RequestPoll } from './request-poll.ts';
import type { RequestStore } from './request-store.ts';
import { SnapshotRun, type SnapshotRunOptions } from './snapshot-run.ts';

/** Everything of snapshots that lives as long as one stream. */
export class Snapshots {
  readonly run: SnapshotRun;
  readonly #poll: RequestPoll | null;

  /** @param requests where requests wait; null: there is no such place */
  constructor(options: SnapshotRunOptions, requests: Pick<RequestStore, 'list' | 'remove'> | null) {
    this.run = new SnapshotRun(options);
    this.#poll = requests === null ? null : new RequestPoll(requests, this.run, options.progress);
  }

  committed(progress: SnapshotProgress | null): void {
    this.#poll?.committed(progress);
  }

  close(): void {
    this.#poll?.close();
    this.run.close();
  }
}
