/**
 * What the process does about an error:
 * - retry:     the stage tries again by itself (with back-off)
 * - rebuild:   a new producer by the one way (docs/design/takeover.md): fence, read the position, drop or replay
 * - step-down: leadership is given up at once; the replica becomes a candidate again
 * - wait:      the process stays up, not ready, and looks again every 30 s
 * - blocked:   any replica would meet it again: the cluster stops at this position until an operator acts
 * - exit:      the process ends with the exit code of the row
 */
export type Reaction = 'retry' | 'rebuild' | 'step-down' | 'wait' | 'blocked' | 'exit';

export interface ErrorRow {
  readonly reaction: Reaction;
  /** What to do next, one sentence for the operator. */
  readonly hint: string;
  /** Process exit code where the error ends a command; documented in docs/errors.md. */
  readonly exitCode: number;
  /** What the check at the start of `run` does about it: a wrong password ends a process that was never right. */
  readonly atStart: 'exit' | 'wait';
}

export const row = (
  reaction: Reaction,
  exitCode: number,
  hint: string,
  atStart: ErrorRow['atStart'] = reaction === 'exit' ? 'exit' : 'wait',
): ErrorRow => ({ reaction, exitCode, hint, atStart });
