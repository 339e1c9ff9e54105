import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peakMemoryBytes } from '../../test/support/peak-memory.ts';
import { CommittedRows } from './committed-rows.ts';
import type { WrittenLoad } from './load.ts';
import type { Peer, ReplayJob, ReplaySettings } from './peers/peer.ts';
import { cpuMicros } from './process-usage.ts';
import { createTopics, deleteTopics } from './topics.ts';
import { verifyTopics } from './verify-topics.ts';

/** What was seen of one peer on one load. */
export interface ReplayResult {
  readonly rowsPerSecond: number;
  readonly cpuMicrosPerRow: number;
  readonly peakRssMb: number;
}

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
      const samples = await Promise.race([watch(committed, running.pid, load.rows), running.failed]);
      const peakRssMb = peakMemoryBytes(running.pid) / 2 ** 20;
      await running.stop();
      await verifyTopics(brokers, topics, { settings, mark: peer.transactionMark, load });
      return { ...speedOf(samples, load.rows, peer.warmShare), peakRssMb };
    } finally {
      await running.stop();
    }
  } finally {
    committed.close();
    await deleteTopics(brokers, [...topics, ...peer.ownTopics(job)]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(committed: CommittedRows, pid: number, rows: number): Promise<Sample[]> {
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
      throw new Error(`nothing came for a minute, at ${offsets} of ${rows} rows`);
    await sleep(POLL_MS);
  }
}

/**
 * Rows a second and CPU a row between the sample at which the peer was warm and the last one. The offsets of
 * transactions' markers are spread over the rows evenly.
 */
export function speedOf(
  samples: readonly Sample[],
  rows: number,
  warmShare: number,
): { readonly rowsPerSecond: number; readonly cpuMicrosPerRow: number } {
  const last = samples.at(-1);
  const warm = samples.find(({ offsets }) => offsets >= (last?.offsets ?? 0) * warmShare);
  if (last === undefined || warm === undefined || warm === last)
    throw new Error('the run was too short to be measured: take more rows');
  const measured = ((last.offsets - warm.offsets) / last.offsets) * rows;
  return {
    rowsPerSecond: (measured / (last.atMs - warm.atMs)) * 1000,
    cpuMicrosPerRow: (last.cpuMicros - warm.cpuMicros) / measured,
  };
}
