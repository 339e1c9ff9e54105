import { expect, it } from 'vitest';
import { Checkpointer } from '../../../src/checkpoint/checkpointer.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

/** A store whose writes end when the test says so. */
class SlowStore {
  readonly written: number[] = [];
  #release: () => void = () => undefined;
  outcome: 'saved' | 'stale' = 'saved';

  async save(record: { commit: number }): Promise<'saved' | 'stale'> {
    await new Promise<void>((resolve) => (this.#release = resolve));
    this.written.push(record.commit);
    return this.outcome;
  }

  release(): void {
    this.#release();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function open(store: SlowStore): { checkpointer: Checkpointer; seen: string[] } {
  const seen: string[] = [];
  const checkpointer = new Checkpointer({
    store,
    onSaved: () => seen.push('saved'),
    onStale: () => seen.push('stale'),
    onError: (error) => seen.push(error.code),
  });
  return { checkpointer, seen };
}

it('writes one checkpoint at a time, and of those that come meanwhile only the newest', async () => {
  const store = new SlowStore();
  const { checkpointer, seen } = open(store);
  for (const commit of [1, 2, 3, 4]) checkpointer.saveSoon(samplePositionRecord(1, commit), BigInt(commit));
  await settle();
  store.release();
  await settle();
  store.release();
  await checkpointer.close(1000);
  expect(store.written).toEqual([1, 4]);
  expect(seen).toEqual(['saved', 'saved']);
});

it('tells when a later leader has written', async () => {
  const store = new SlowStore();
  store.outcome = 'stale';
  const { checkpointer, seen } = open(store);
  checkpointer.saveSoon(samplePositionRecord(1, 1), 1n);
  await settle();
  store.release();
  await checkpointer.close(1000);
  expect(seen).toEqual(['stale']);
});

it('does not wait longer than it may for a store that hangs', async () => {
  const { checkpointer } = open(new SlowStore());
  checkpointer.saveSoon(samplePositionRecord(1, 1), 1n);
  const startedAt = performance.now();
  await checkpointer.close(50);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
