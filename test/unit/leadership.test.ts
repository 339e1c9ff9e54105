import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/election/lease.ts';
import { HeavisideError } from '../../src/errors.ts';
import { Leadership } from '../../src/leadership.ts';
import type { LeadershipOptions } from '../../src/leadership-options.ts';
import type { Position } from '../../src/model/position.ts';
import { MysqlGtidSet } from '../../src/model/mysql-gtid-set.ts';
import type { PositionRecord } from '../../src/model/position-record.ts';
import type { Evidence, OpenStream } from '../../src/ports.ts';
import type { Output, OutputBatch } from '../../src/produce/output.ts';
import { ReplicaState } from '../../src/replica-state.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { samplePositionRecord } from '../support/sample-position-record.ts';

const lost = new HeavisideError('SOURCE_LOST', 'planted');
const rival = new HeavisideError('SERVER_ID_IN_USE', 'planted');

/** The ports of a leadership that write down what is asked of them, in order. */
class Bench {
  readonly calls: string[] = [];
  readonly leave = new AbortController();
  readonly lost = new AbortController();
  record: PositionRecord | null = samplePositionRecord(4, 2);
  checkpoint: Evidence['checkpoint'] = null;
  /** What opening the dump comes to, one after another; then it stays open until the leave. */
  dumps: HeavisideError[] = [];
  proof: 'mine' | 'unreachable' = 'mine';
  reachesSource = false;
  isContended = true;
  #epoch = 1;

  readonly #lease: Lease = ((bench: Bench): Lease => ({
    get epoch() {
      return bench.#epoch;
    },
    signal: bench.lost.signal,
    get isContended() {
      return bench.isContended;
    },
    remainingMs: () => 1000,
    prove: () => Promise.resolve(bench.proof),
    confirm: (recordEpoch) => {
      bench.#epoch = recordEpoch + 1;
      bench.calls.push(`confirm ${recordEpoch}`);
      return Promise.resolve(bench.#epoch);
    },
    release: () => Promise.resolve(),
  }))(this);

  readonly #output: Output = {
    createBatch: () => ({ recordCount: 0, byteLength: 0 }) as unknown as OutputBatch,
    commit: (_batch, { epoch, commit, reason }) => {
      this.calls.push(`commit ${epoch}.${commit} ${reason}`);
      return Promise.resolve({ positionsOffset: 1n });
    },
    pinnedPartitions: () => ({}),
    close: () => Promise.resolve(),
  };

  #open(): Promise<OpenStream> {
    const failure = this.dumps.shift();
    this.calls.push('dump');
    if (failure) return Promise.reject(failure);
    queueMicrotask(() => this.leave.abort());
    return Promise.resolve({
      take: () => new Promise(() => undefined),
      idleCoordinates: () => null,
      coordinates: () => ({ file: 'binlog.000001', offset: 4 }),
      queuedBytes: () => 0,
      fileCreatedAt: () => null,
      lastEventAt: () => 0,
      close: () => Promise.resolve(),
    } as OpenStream);
  }

  async lead(changed: Partial<LeadershipOptions> = {}): Promise<void> {
    const current: Position = { gtids: MysqlGtidSet.parse(''), coordinates: null };
    const identity = samplePositionRecord(1, 0).source;
    const options: LeadershipOptions = {
      state: new ReplicaState('a', 1000),
      source: {
        inspect: () =>
          Promise.resolve({
            identity,
            isGtid: true,
            current,
            check: () => Promise.resolve(void this.calls.push('check')),
            close: () => Promise.resolve(),
          }),
        open: () => this.#open(),
      },
      outputs: {
        fence: () => {
          this.calls.push('fence');
          const { record, checkpoint } = this;
          return Promise.resolve({ record, recordOffset: record ? 10n : -1n, checkpoint });
        },
        hasData: () => Promise.resolve(false),
        open: () => Promise.resolve(this.#output),
        abandon: () => undefined,
      },
      createEncoder: () => ({ encode: () => Promise.reject(new Error('no rows here')) as never }),
      checkpoints: null,
      log: new MemoryLog(),
      configFingerprint: 'c',
      initPosition: () => null,
      onRegression: 'block',
      lingerMs: 0,
      positionHeartbeatMs: 10_000,
      maxBlockMs: 60_000,
      reconnectAttempts: null,
      canOtherReachSource: () => Promise.resolve(this.reachesSource),
      backoffMs: () => 1,
      firstSnapshot: () => null,
      openSnapshots: () => null,
      onPhase: () => undefined,
      onLeading: () => undefined,
      onRedisRollback: () => void this.calls.push('rollback'),
      onError: () => undefined,
      ...changed,
    };
    await new Leadership(options).lead(this.#lease, this.leave.signal);
  }
}

describe('a leadership', () => {
  it('fences, checks, confirms an epoch above the record’s, restates the position under it, and only then reads', async () => {
    const bench = new Bench();
    await bench.lead();
    expect(bench.calls).toEqual(['fence', 'check', 'confirm 4', 'commit 5.0 restated', 'dump']);
  });

  it('of a new cluster commits its first position before the first row', async () => {
    const bench = new Bench();
    bench.record = null;
    await bench.lead();
    expect(bench.calls).toEqual(['fence', 'check', 'confirm 0', 'commit 1.0 first', 'dump']);
  });

  it('is refused where the checkpoint is of another cluster with the same client_id', async () => {
    const bench = new Bench();
    const record = { ...samplePositionRecord(3, 0), clusterUuid: 'another' };
    bench.checkpoint = { epoch: 3, positionsOffset: 1n, record };
    await expect(bench.lead()).rejects.toMatchObject({ code: 'CLUSTER_ID_CLASH' });
    expect(bench.calls).toEqual(['fence']);
  });

  it.each([
    ['is behind', 4, ['fence', 'check', 'rollback', 'confirm 4']],
    ['is not behind', 0, ['fence', 'check', 'confirm 0']],
  ])('tells of a Redis that %s the position record', async (_, recordEpoch, calls) => {
    const bench = new Bench();
    bench.record = samplePositionRecord(recordEpoch, 0);
    await bench.lead({ checkpoints: { save: () => Promise.resolve('saved') } });
    expect(bench.calls.slice(0, calls.length)).toEqual(calls);
  });

  it('opens a lost source again, under the same epoch', async () => {
    const bench = new Bench();
    bench.dumps = [lost, lost];
    await bench.lead();
    expect(bench.calls.slice(3)).toEqual(['commit 5.0 restated', 'dump', 'dump', 'dump']);
  });

  it('leaves the source to a replica that reaches it, and keeps on where none does', async () => {
    const bench = new Bench();
    bench.dumps = [lost, lost, lost];
    bench.reachesSource = true;
    await expect(bench.lead({ reconnectAttempts: 1 })).rejects.toBe(lost);
    expect(bench.calls.filter((call) => call === 'dump')).toHaveLength(2);
    const alone = new Bench();
    alone.dumps = [lost, lost, lost];
    await alone.lead({ reconnectAttempts: 1 });
    expect(alone.calls.filter((call) => call === 'dump')).toHaveLength(4);
  });

  it.each([
    ['mine', [rival, rival], 'SERVER_ID_IN_USE', 2],
    ['mine', [lost, rival], 'SERVER_ID_IN_USE', 2],
    ['unreachable', [rival], 'LEASE_LOST', 1],
  ] as const)(
    'whose dump was ended by another of its server id never reconnects blindly: the lease is %s',
    async (proof, dumps, code, opened) => {
      const bench = new Bench();
      bench.dumps = [...dumps];
      bench.proof = proof;
      await expect(bench.lead()).rejects.toMatchObject({ code });
      expect(bench.calls.filter((call) => call === 'dump')).toHaveLength(opened);
    },
  );

  it('that has no other replica takes the first one that ends its dump for a rival', async () => {
    const bench = new Bench();
    bench.dumps = [rival];
    bench.isContended = false;
    await expect(bench.lead()).rejects.toMatchObject({ code: 'SERVER_ID_IN_USE' });
    expect(bench.calls.filter((call) => call === 'dump')).toHaveLength(1);
  });

  it('opens the source again where a predecessor that was cut off has come back and ended its dump', async () => {
    const bench = new Bench();
    bench.dumps = [rival];
    await bench.lead();
    expect(bench.calls.slice(3)).toEqual(['commit 5.0 restated', 'dump', 'dump']);
  });
});
