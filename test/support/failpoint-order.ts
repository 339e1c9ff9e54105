import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/** What a replica is told to do at a named place; the names stand in src/lifecycle/failpoint.ts. */
export interface FailpointOrder {
  readonly name: string;
  readonly action: 'hold' | 'kill' | 'stop' | 'block' | 'throw';
  readonly replica?: string;
  /** How long to block. */
  readonly milliseconds?: number;
}

/** A replica that has reached the place. */
export interface FailpointHit extends FailpointOrder {
  readonly replica: string;
  readonly pid: number;
}

/** The file through which running replicas are given failpoint orders (env HEAVISIDE_FAILPOINT_FILE). */
export class FailpointFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    this.clear();
    rmSync(`${path}.hits`, { force: true });
  }

  /** The environment that makes a replica look at this file. */
  get env(): Record<string, string> {
    return { HEAVISIDE_FAILPOINT_FILE: this.path };
  }

  /**
   * Gives an order and resolves to the first hit. Rejects after the timeout; the order is withdrawn then.
   * @param timeoutMs long by default: how soon a place is reached is never what a test is about
   */
  async order(order: FailpointOrder, timeoutMs = 60_000): Promise<FailpointHit> {
    const before = this.hits().length;
    // Unlike any order before it, so that a replica still held by the last one lets go of that; renamed, so that none reads half.
    writeFileSync(`${this.path}.new`, JSON.stringify({ ...order, id: randomUUID() }));
    renameSync(`${this.path}.new`, this.path);
    try {
      const what = `a replica to reach ${order.name}`;
      return await waitUntil(() => this.hits()[before] ?? null, { timeoutMs, what, everyMs: 2 });
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  /** Withdraws the order: whoever is held goes on. */
  clear(): void {
    rmSync(this.path, { force: true });
  }

  /** All hits so far. */
  hits(): FailpointHit[] {
    let text: string;
    try {
      text = readFileSync(`${this.path}.hits`, 'utf8');
    } catch {
      return [];
    }
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as FailpointHit);
  }
}
