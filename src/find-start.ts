import { randomUUID } from 'node:crypto';
import type { CheckpointStore } from './checkpoint/checkpointer.ts';
import { positionOf } from './checkpoint/record-position.ts';
import { decideStart } from './checkpoint/start-position.ts';
import { HeavisideError } from './errors.ts';
import type { Position, SourceFlavor } from './model/position.ts';
import type { PositionRecord, SourceIdentityRecord } from './model/position-record.ts';
import type { Log } from './observability/log.ts';
import type { Evidence, OutputPort, SourceInspection } from './ports.ts';

/** Where a leadership begins to read, and what that follows from. */
export interface Start {
  readonly position: Position;
  readonly identity: SourceIdentityRecord;
  /** The last position record; null for a new cluster. */
  readonly previous: PositionRecord | null;
  readonly clusterUuid: string;
}

export interface StartOptions {
  readonly outputs: Pick<OutputPort, 'hasData'>;
  readonly initPosition: (flavor: SourceFlavor) => Position | null;
  readonly onRegression: 'block' | 'replay';
  readonly log: Log;
  /** Null where no checkpoints are kept: then none is missed. */
  readonly checkpoints: CheckpointStore | null;
}

/**
 * Decides where to begin, and that the source can continue from there.
 * @throws POSITION_LOST, POSITION_REGRESSED, CLUSTER_ID_CLASH, and what the source's checks refuse
 */
export async function findStart(
  evidence: Evidence,
  inspection: Promise<SourceInspection>,
  options: StartOptions,
): Promise<Start> {
  const source = await inspection;
  try {
    const start = await decide(evidence, source, options);
    await source.check(start.position);
    return start;
  } finally {
    await source.close();
  }
}

async function decide(evidence: Evidence, source: SourceInspection, options: StartOptions): Promise<Start> {
  const { identity, isGtid, current } = source;
  const init = options.initPosition(identity.flavor);
  const decision = decideStart({
    ...evidence,
    hasInitPosition: init !== null,
    hasData: evidence.record === null && init === null && (await options.outputs.hasData()),
    onRegression: options.onRegression,
  });
  switch (decision.kind) {
    case 'init':
    case 'now':
      return { position: init ?? current, identity, previous: null, clusterUuid: randomUUID() };
    case 'resume': {
      const { record, warning } = decision;
      if (warning && options.checkpoints) options.log.warn({}, warning);
      if (evidence.checkpoint?.record && evidence.checkpoint.record.clusterUuid !== record.clusterUuid) {
        throw new HeavisideError(
          'CLUSTER_ID_CLASH',
          'the checkpoint in Redis is of another cluster with the same client_id',
        );
      }
      const { clusterUuid } = record;
      return { position: positionOf(record, isGtid, identity), identity, previous: record, clusterUuid };
    }
  }
}
