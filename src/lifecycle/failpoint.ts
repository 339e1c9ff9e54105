import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The named places where a fault can be planted by tests and drills; off unless HEAVISIDE_FAILPOINT_FILE is set. */
export type FailpointName =
  | 'takeover.leased'
  | 'takeover.fenced'
  | 'takeover.read'
  | 'transaction.begun'
  | 'transaction.sent'
  | 'transaction.checked'
  | 'transaction.ended'
  | 'checkpoint.saved';

interface Order {
  readonly name: FailpointName;
  /** hold: wait until the file is gone or holds another order · kill: SIGKILL · stop: SIGSTOP · block: the event loop stands still · throw: an error as from a broken connection */
  readonly action: 'hold' | 'kill' | 'stop' | 'block' | 'throw';
  /** Only the replica of this name; absent: whichever comes first. */
  readonly replica?: string;
  /** How long to block; default 1000. */
  readonly milliseconds?: number;
}

const path = process.env['HEAVISIDE_FAILPOINT_FILE'];
let replicaName = '';

/** Tells the failpoints whose process this is. */
export function nameFailpoints(replica: string): void {
  replicaName = replica;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function parseOrder(text: string, name: FailpointName): Order | null {
  let order: Order;
  try {
    order = JSON.parse(text) as Order;
  } catch {
    return null; // half written: the next pass sees it whole
  }
  if (order.name !== name || (order.replica !== undefined && order.replica !== replicaName)) return null;
  return order;
}

/** Carries out the order in the failpoint file if it names this place; each hit is one JSON line in `<file>.hits`. */
export async function failpoint(name: FailpointName): Promise<void> {
  if (path === undefined) return;
  const text = readText(path);
  const order = text === null ? null : parseOrder(text, name);
  if (order === null) return;
  appendFileSync(`${path}.hits`, `${JSON.stringify({ ...order, replica: replicaName, pid: process.pid })}\n`);
  if (order.action === 'hold') {
    while (readText(path) === text) await sleep(20);
    return;
  }
  rmSync(path, { force: true });
  if (order.action === 'block') {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.milliseconds ?? 1000);
    return;
  }
  if (order.action === 'throw') throw new Error(`failpoint ${name}`);
  process.kill(process.pid, order.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  // The signal is delivered asynchronously: give it time before the next statement runs.
  await sleep(50);
}
