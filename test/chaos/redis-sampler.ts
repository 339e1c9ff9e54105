import { Redis } from 'ioredis';
import type { CheckpointSample } from './checker/evidence-input.ts';

const EVERY_MS = 100;

/** Looks at the checkpoint in Redis ten times a second, past every relay. */
export class RedisSampler {
  readonly samples: CheckpointSample[] = [];
  readonly #redis: Redis;
  readonly #timer: NodeJS.Timeout;
  readonly #key: string;
  #isClosed = false;

  constructor(url: string, key: string) {
    this.#key = key;
    this.#redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 200, commandTimeout: 1000 });
    this.#redis.on('error', () => undefined); // Redis is killed on purpose
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  /** No sample is added after it. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#redis.disconnect();
  }

  async #look(): Promise<void> {
    const held = await this.#redis.hgetall(this.#key).catch(() => null);
    const { record, positionsOffset, epoch } = held ?? {};
    if (this.#isClosed) return;
    if (record === undefined || positionsOffset === undefined) return;
    const { commit } = JSON.parse(record) as { commit: number };
    const sample = { at: Date.now(), positionsOffset: Number(positionsOffset), epoch: Number(epoch), commit };
    const former = this.samples.at(-1);
    if (former?.positionsOffset !== sample.positionsOffset || former.epoch !== sample.epoch)
      this.samples.push(sample);
  }
}
