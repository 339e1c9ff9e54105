import type { VerifySummary } from '../model/verify-summary.ts';
import { askMajority, askNodes, requireMajority } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import type { TableResult } from './table-result.ts';

const NODE_TIMEOUT_MS = 2500;

/** The last results of `heaviside verify` in Redis: a hash of one entry a table, on every node. */
export class VerifyResults {
  readonly #nodes: readonly Pick<RedisPeer, 'name' | 'store'>[];
  readonly #key: string;

  constructor(options: { nodes: readonly Pick<RedisPeer, 'name' | 'store'>[]; clientId: string }) {
    this.#nodes = options.nodes;
    this.#key = redisKeys(options.clientId).verify;
  }

  /** Replaces the entry of a table. @throws REDIS_UNREACHABLE and its like where too few nodes took it */
  async save(result: TableResult): Promise<void> {
    const endedAt = Date.parse(result.at) / 1000;
    const former = (await this.read()).find(({ table }) => table === result.table);
    const { table, mismatchedRows, missingRows, extraRows, notCoveredRows, sourceRows, seconds } = result;
    const summary: VerifySummary = {
      table,
      mismatchedRows,
      missingRows,
      extraRows,
      notCoveredRows,
      sourceRows,
      seconds,
      endedAt,
      equalAt: result.isEqual ? endedAt : (former?.equalAt ?? null),
    };
    const text = JSON.stringify(summary);
    const votes = await askNodes(this.#nodes, (node) => node.store.call('HSET', [this.#key, table, text]), {
      timeoutMs: NODE_TIMEOUT_MS,
    });
    requireMajority(votes, this.#nodes.length);
  }

  /** The newest entry of each table. @throws REDIS_UNREACHABLE and its like */
  async read(): Promise<VerifySummary[]> {
    const answers = await askMajority(
      this.#nodes,
      (node) => node.store.call('HVALS', [this.#key]),
      NODE_TIMEOUT_MS,
    );
    const newest = new Map<string, VerifySummary>();
    for (const entry of answers.flatMap((answer) => (Array.isArray(answer) ? answer : []))) {
      const summary = JSON.parse(String(entry)) as VerifySummary;
      if ((newest.get(summary.table)?.endedAt ?? 0) < summary.endedAt) newest.set(summary.table, summary);
    }
    return [...newest.values()].sort((a, b) => (a.table < b.table ? -1 : 1));
  }
}
