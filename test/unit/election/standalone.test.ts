import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../src/election/lease.ts';
import { Standalone } from '../../../src/election/standalone.ts';
import { HeavisideError } from '../../../src/errors.ts';
import { MemoryLog } from '../../support/memory-log.ts';

const rival = new HeavisideError('SERVER_ID_IN_USE', 'another reader has our server id');

/** Runs a job that leads as often as the test says what comes of it; resolves to how it ended and how often it led. */
async function run(
  ends: readonly ('refused before it leads' | 'rival' | 'left')[],
): Promise<{ error: unknown; looks: number }> {
  const stop = new AbortController();
  let looks = 0;
  const lead = async (
    lease: Lease,
  ): Promise<{ kind: 'left' } | { kind: 'step-down'; error: HeavisideError }> => {
    const end = ends[looks++];
    if (end !== 'refused before it leads') await lease.confirm(0);
    return end === 'left' ? { kind: 'left' } : { kind: 'step-down', error: rival };
  };
  const job = { signal: stop.signal, prove: () => Promise.resolve(), lead };
  const error: unknown = await new Standalone(new MemoryLog(), 5).run(job).catch((cause: unknown) => cause);
  return { error, looks };
}

describe('without an election', () => {
  it('a refusal ends a process that has not led', async () => {
    expect(await run(['refused before it leads'])).toEqual({ error: rival, looks: 1 });
  });

  it('a process that has led stays, and looks again until it may go on', async () => {
    expect(await run(['rival', 'refused before it leads', 'rival', 'left'])).toEqual({
      error: undefined,
      looks: 4,
    });
  });
});
