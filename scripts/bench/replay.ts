import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peakMemoryBytes } from '../../test/support/peak-memory.ts';
import { CommittedRows } from './committed-rows.ts';
import type { WrittenLoad } from './load.ts';
import type { Peer, ReplayJob, ReplaySettings, RunningPeer } from './peers/peer.ts';
import { cpuMicros } from './process-usage.ts';
import { createTopics, deleteTopics } from './topics.ts';
import { verifyTopics } from './verify-topics.ts';

/** How fast rows went, and what they cost. */
export interface Speed {
  readonly rowsPerSecond: number;
  readonly cpuMicrosPerRow: number;
}

/** What was seen of one peer on one load. */
export interface ReplayResult {
  /** From the peer's warm share to the last row. */
  readonly whole: Speed;
  /** Within the window that is the same for every peer; null: the load was too short for it. */
  readonly steady: Speed | null;
  readonly peakRssMb: number;
}

/**
 * The rows that every peer is compared by, as shares of the load: behind what warms a process up, and so far before the
 * end that a peer still has something to read ahead, as it has at the beginning.
 */
export const STEADY = { from: 0.4, to: 0.8 } as const;

interface Sample {
  readonly atMs: number;
  /** Sum of the committed offsets. */
  readonly offsets: number;
  readonly cpuMicros: number;
}

const POLL_MS = 50;
/** A peer that has committed nothing new for so long, and enough, is done. */
const QUIET_MS = 1500;
const STALL_MS = 60_000;

let runs = 0;

/** Has a peer replay the load into topics of its own, measures it, and checks what it wrote. Throws where that is not what was written to the source. */
export async function replay(
  peer: Peer,
  load: WrittenLoad,
  settings: ReplaySettings,
  brokers: readonly string[],
): Promise<ReplayResult> {
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-bench-'));
  const job: ReplayJob = { load, settings, id: `bench${Date.now().toString(36)}${runs++}`, folder };
  const topics = [...new Set(load.tables.map((table) => peer.topicOf(job, table)))];
  await createTopics(brokers, topics, settings.partitions);
  const committed = new CommittedRows(brokers, topics, settings.partitions);
  try {
    await committed.ready();
    const running = await peer.start(job);
    try {
      const samples = await Promise.race([watch(committed, running, load.rows), running.failed]);
      const peakRssMb = peakMemoryBytes(running.pid) / 2 ** 20;
      await running.stop();
      await verifyTopics(brokers, topics, { settings, mark: peer.transactionMark, load });
      return {
        whole: speedOf(samples, load.rows, { from: peer.warmShare, to: 1 }),
        steady: steadySpeedOf(samples, load.rows),
        peakRssMb,
      };
    } finally {
      await running.stop();
    }
  } finally {
    committed.close();
    await deleteTopics(brokers, [...topics, ...peer.ownTopics(job)]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(
  committed: CommittedRows,
  { pid, lastWords }: RunningPeer,
  rows: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  let movedAt = performance.now();
  for (;;) {
    const atMs = performance.now();
    const offsets = await committed.look();
    const last = samples.at(-1);
    if (last === undefined || offsets > last.offsets) {
      movedAt = atMs;
      samples.push({ atMs, offsets, cpuMicros: cpuMicros(pid) });
    }
    if (offsets >= rows && atMs - movedAt > QUIET_MS) return samples;
    if (atMs - movedAt > STALL_MS)
      throw new Error(`nothing came for a minute, at ${offsets} of ${rows} rows:\n${lastWords()}`);
    await sleep(POLL_MS);
  }
}

/**
 * Rows a second and CPU a row between the first samples at or behind two shares of what was committed. The offsets of
 * transactions' markers are spread over the rows evenly. Throws where it all came in one sample.
 */
export function speedOf(
  samples: readonly Sample[],
  rows: number,
  { from, to }: { readonly from: number; readonly to: number },
): Speed {
  const all = samples.at(-1)?.offsets ?? 0;
  const at = (share: number): Sample | undefined => samples.find(({ offsets }) => offsets >= all * share);
  const [first, last] = [at(from), at(to)];
  if (first === undefined || last === undefined || first === last)
    throw new Error('the run was too short to be measured: take more rows');
  const measured = ((last.offsets - first.offsets) / all) * rows;
  return {
    rowsPerSecond: (measured / (last.atMs - first.atMs)) * 1000,
    cpuMicrosPerRow: (last.cpuMicros - first.cpuMicros) / measured,
  };
}

/** Samples that the window of all peers needs: fewer would measure a few commits. */
const LEAST_SAMPLES = 8;

/** The speed within STEADY; null where the samples are too few. */
export function steadySpeedOf(samples: readonly Sample[], rows: number): Speed | null {
  const all = samples.at(-1)?.offsets ?? 0;
  const within = samples.filter(({ offsets }) => offsets >= all * STEADY.from && offsets <= all * STEADY.to);
  return within.length < LEAST_SAMPLES ? null : speedOf(samples, rows, STEADY);
}
