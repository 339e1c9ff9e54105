import type { Config } from '../config/config.ts';
import type { Presence } from '../election/presence-board.ts';
import type { ReplicaState } from '../replica-state.ts';
import { version } from '../version.ts';

/** The stage that holds the others up, in a word: for `heaviside status`. */
function slowStage(state: ReplicaState): string | null {
  if (state.role !== 'leader') return null;
  if (state.breaker !== 'closed') return 'kafka: the circuit breaker is open';
  if (!state.isSourceReachable) return 'source: not connected';
  return state.queueBytes() > 0 ? 'kafka: transactions wait to be written' : 'source: nothing waits';
}

/** What `/status` shows. */
export function statusPage(state: ReplicaState, config: Config, replicas: readonly Presence[]): object {
  const { position, hindrance } = state;
  return {
    version,
    clientId: config.clientId,
    replica: state.replica,
    role: state.blocked && state.role !== 'leader' ? 'blocked' : state.role,
    reason: state.reason,
    epoch: state.epoch,
    leader:
      replicas.find(({ role }) => role === 'leader')?.replica ??
      (state.role === 'leader' ? state.replica : null),
    lagSeconds: state.lagSeconds(),
    slowStage: slowStage(state),
    rowsTotal: state.counters.records,
    transactionsTotal: state.counters.transactions,
    kafkaTransactionsTotal: state.kafkaTransactions,
    takeoverSeconds: state.lastTakeoverSeconds,
    position: position && {
      gtidSet: position.gtidSet,
      file: position.file,
      offset: position.offset,
      split: position.split,
      epoch: position.epoch,
      at: position.at,
    },
    breaker: state.breaker,
    queueBytes: state.queueBytes(),
    refusal: hindrance && {
      code: hindrance.code,
      message: hindrance.message,
      hint: hindrance.hint,
    },
    blocked: state.blocked,
    replicas,
  };
}
