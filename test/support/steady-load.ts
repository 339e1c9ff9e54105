import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductPlace } from './product-place.ts';

/** What is written, over and over: the statements of a round, which is told its number. */
export type Round = (round: number) => readonly string[];

/** Writes round after round to MySQL until it is stopped, with a pause between two. */
export class SteadyLoad {
  #isStopped = false;
  readonly #done: Promise<void>;

  constructor(place: ProductPlace, round: Round, pauseMs: number) {
    this.#done = this.#run(place, round, pauseMs);
    this.#done.catch(() => undefined); // stop() tells it
  }

  async #run(place: ProductPlace, round: Round, pauseMs: number): Promise<void> {
    for (let i = 0; !this.#isStopped; i++) {
      await place.sql('mysql', ...round(i));
      await sleep(pauseMs);
    }
  }

  /** Rejects with what a statement has failed with. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }
}
