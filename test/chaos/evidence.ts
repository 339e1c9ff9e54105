import type { ReplicaProcess } from '../support/replica-process.ts';
import type { Ground } from './ground.ts';

/** Lines of a replica's log that carry the text, in the message, the error or the code. */
export function loggedLines(replica: ReplicaProcess, text: RegExp): number {
  return replica
    .logLines()
    .filter(({ message, msg, error, code }) =>
      [message, msg, error, code].some((each) => text.test(String(each))),
    ).length;
}

/** The broker refused a producer that had been fenced: error 47 (INVALID_PRODUCER_EPOCH) or 90 (PRODUCER_FENCED). */
export function wasRefused(replica: ReplicaProcess): boolean {
  return replica
    .logLines()
    .some(({ code, error }) => code === 'KAFKA_FENCED' && /error (47|90)\b/.test(String(error)));
}

/** The source ended its dump when a successor opened its own: that can come before the first refused write. */
export function wasCutOffBySource(replica: ReplicaProcess): boolean {
  return loggedLines(replica, /the source ended our dump|SERVER_ID_IN_USE/) > 0;
}

/** Any of the replicas has logged it. */
export function isLogged({ everStarted }: Ground, text: RegExp): boolean {
  return everStarted.some((replica) => loggedLines(replica, text) > 0);
}
