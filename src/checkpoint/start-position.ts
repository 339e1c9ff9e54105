import { HeavisideError } from '../errors.ts';
import type { PositionRecord } from '../model/position-record.ts';

/** What the witnesses say before the first read. */
export interface StartEvidence {
  /** The last position record of the positions topic (or of the position file); null: never written. */
  readonly record: PositionRecord | null;
  /** The checkpoint in Redis; null: none (or no Redis). */
  readonly checkpoint: {
    readonly epoch: number;
    readonly positionsOffset: bigint;
    readonly record: PositionRecord | null;
  } | null;
  /** Offset of `record` in the positions topic. */
  readonly recordOffset: bigint;
  /** Whether init_position is given. */
  readonly hasInitPosition: boolean;
  /** Whether one of the cluster's fixed data topics holds records. */
  readonly hasData: boolean;
  readonly onRegression: 'block' | 'replay';
}

export type StartDecision =
  | { readonly kind: 'resume'; readonly record: PositionRecord; readonly warning: string | null }
  | { readonly kind: 'init' }
  | { readonly kind: 'now' };

/**
 * Decides where to begin. The position record wins; the checkpoint is a witness only:
 * 1. a record, and no checkpoint ahead of it → resume at the record
 * 2. a record, and a checkpoint ahead of it → POSITION_REGRESSED (or replay, if asked for)
 * 3. no record, but a checkpoint → POSITION_LOST; but data → POSITION_LOST, unless init_position says where to begin
 * 4. nothing anywhere → init_position, else the source's position now
 */
export function decideStart(evidence: StartEvidence): StartDecision {
  const { record, checkpoint } = evidence;
  if (record) {
    const isAhead =
      checkpoint !== null &&
      (checkpoint.epoch > record.epoch ||
        (checkpoint.epoch === record.epoch && checkpoint.positionsOffset > evidence.recordOffset));
    if (!isAhead) {
      const behind = checkpoint === null ? 'there is no checkpoint' : null;
      return { kind: 'resume', record, warning: behind };
    }
    if (evidence.onRegression === 'block') {
      throw new HeavisideError(
        'POSITION_REGRESSED',
        `the checkpoint (epoch ${checkpoint.epoch}, offset ${checkpoint.positionsOffset}) is ahead of the position record (epoch ${record.epoch}, offset ${evidence.recordOffset})`,
      );
    }
    return {
      kind: 'resume',
      record,
      warning: 'the checkpoint is ahead of the position record: rows may be replayed',
    };
  }
  // init_position may stand in a configuration for years: it says where data begins, not that a lost position may be forgotten.
  if (evidence.hasInitPosition && !checkpoint) return { kind: 'init' };
  // An epoch in Redis is no witness: a first takeover that broke off before its first commit leaves one behind.
  const witness = checkpoint ? 'a checkpoint' : evidence.hasData ? 'data in the topic' : null;
  if (witness) {
    throw new HeavisideError(
      'POSITION_LOST',
      `there is ${witness}, but the positions topic was never written`,
    );
  }
  return { kind: 'now' };
}
