import type { SnapshotProgress } from '../model/snapshot-progress.ts';
import { BootstrapPoll, type BootstrapPollOptions } from './bootstrap-poll.ts';
import { RequestPoll } from './request-poll.ts';
import type { RequestStore } from './request-store.ts';
import { SnapshotRun, type SnapshotRunOptions } from './snapshot-run.ts';

/** Everything of snapshots that lives as long as one stream. */
export class Snapshots {
  readonly run: SnapshotRun;
  readonly #poll: RequestPoll | null;
  readonly #bootstrap: BootstrapPoll | null;

  /**
   * @param requests where requests wait; null: there is no such place
   * @param bootstrap Maxwell's bootstrap table; null: it is not looked at
   */
  constructor(
    options: SnapshotRunOptions,
    requests: Pick<RequestStore, 'list' | 'remove'> | null,
    bootstrap: BootstrapPollOptions | null,
  ) {
    this.run = new SnapshotRun(options);
    this.#poll = requests === null ? null : new RequestPoll(requests, this.run, options.progress);
    this.#bootstrap = bootstrap === null ? null : new BootstrapPoll(bootstrap, this.run, options.progress);
    void this.#bootstrap?.poll();
  }

  committed(progress: SnapshotProgress | null): void {
    this.#poll?.committed(progress);
    this.#bootstrap?.committed(progress);
  }

  close(): void {
    this.#poll?.close();
    this.#bootstrap?.close();
    this.run.close();
  }
}
