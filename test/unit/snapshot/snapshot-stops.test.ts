import { describe, expect, it } from 'vitest';
import { PositionTracker } from '../../../src/checkpoint/position-tracker.ts';
import { MysqlGtidSet } from '../../../src/model/mysql-gtid-set.ts';
import type { PipelineOptions } from '../../../src/pipeline-options.ts';
import type { CurrentBatch } from '../../../src/produce/current-batch.ts';
import { SnapshotStops } from '../../../src/snapshot-stops.ts';
import { Boundary } from '../../../src/snapshot/boundary.ts';
import { transaction } from '../../support/row-image-bytes.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

/** What is done with a pipeline of no rows, in order. */
class Bench {
  readonly steps: string[] = [];
  readonly boundary = new Boundary();
  readonly tracker: PositionTracker;
  readonly stops: SnapshotStops;

  constructor() {
    const { source, clusterUuid } = samplePositionRecord(1, 0);
    this.tracker = new PositionTracker(
      { clusterUuid, source, epoch: 7, config: 'c' },
      { gtids: MysqlGtidSet.parse(''), coordinates: null },
      { lastTransaction: null, nextCommit: 1, fileCreatedAt: () => null },
    );
    const snapshot = {
      isActive: true,
      isAwaited: false,
      isHolding: false,
      progress: null,
      start: () => undefined,
      observe: () => Promise.resolve(),
      arrive: this.boundary.arrive.bind(this.boundary),
    };
    const options = {
      tracker: this.tracker,
      stream: { idleCoordinates: () => null },
      leave: new AbortController().signal,
      encoder: {
        encode: async function* (this: Bench, { id }: { id: string }) {
          await Promise.resolve();
          this.steps.push(id);
          yield* [];
        }.bind(this),
      },
    } as unknown as PipelineOptions;
    const step = (name: string) => (): Promise<void> => {
      this.steps.push(name);
      return Promise.resolve();
    };
    this.stops = new SnapshotStops(options, snapshot, {
      sink: { isFull: () => false } as CurrentBatch,
      beforeRecords: () => undefined,
      send: step('send'),
      sendIfDue: step('send what the stream has'),
      standStill: step('stand still'),
      throwIfFailed: () => undefined,
    });
  }

  ask(id: string, isChunk: boolean): void {
    const piece = { value: undefined, transaction: transaction([], { id }), onCut: () => undefined };
    void this.boundary.next(() => piece, undefined, isChunk);
  }
}

describe('the stops of a pipeline', () => {
  it('writes a chunk once the one before it is committed, and behind what the stream has written', async () => {
    const bench = new Bench();
    bench.ask('first', true);
    bench.ask('second', true);
    await bench.stops.stopBy(true);
    const first = ['send what the stream has', 'first'];
    expect(bench.steps).toEqual(first);
    await bench.stops.stopBy(true);
    bench.stops.noteIn(bench.tracker); // its commit begins
    await bench.stops.stopBy(true);
    expect(bench.steps).toEqual(first);
    bench.stops.committed();
    await bench.stops.stopBy(true);
    expect(bench.steps).toEqual([...first, 'send what the stream has', 'second']);
  });

  it('writes the parts of a pass for which the stream waits without such a wait', async () => {
    const bench = new Bench();
    bench.ask('first', false);
    bench.ask('second', false);
    await bench.stops.stopBy(true);
    expect(bench.steps.filter((each) => !each.startsWith('send'))).toEqual(['first', 'second']);
  });
});
