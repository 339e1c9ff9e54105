import { askMajority, askNodes } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { parseRequest, type SnapshotRequest } from './snapshot-request.ts';

const NODE_TIMEOUT_MS = 2500;

/** Requests that wait in Redis until the leader has taken them over into the position record. */
export class RequestStore {
  readonly #nodes: readonly RedisPeer[];
  readonly #key: string;

  constructor({ nodes, clientId }: { readonly nodes: readonly RedisPeer[]; readonly clientId: string }) {
    this.#nodes = nodes;
    this.#key = redisKeys(clientId).snapshotRequests;
  }

  /** @throws REDIS_UNREACHABLE and its like where too few nodes took it */
  async add(request: SnapshotRequest): Promise<void> {
    const args = [this.#key, request.id, JSON.stringify(request)];
    await askMajority(this.#nodes, (node) => node.store.call('HSET', args), NODE_TIMEOUT_MS);
  }

  /** What waits on any node, the oldest first, and whether every node has answered. Never rejects. */
  async list(): Promise<{ readonly requests: readonly SnapshotRequest[]; readonly isWhole: boolean }> {
    const { answers, failures } = await askNodes(
      this.#nodes,
      (node) => node.store.call('HVALS', [this.#key]),
      { timeoutMs: NODE_TIMEOUT_MS },
    );
    const found = new Map<string, SnapshotRequest>();
    for (const texts of answers) {
      for (const text of Array.isArray(texts) ? texts : []) {
        const request = parseRequest(String(text));
        if (request !== null) found.set(request.id, request);
      }
    }
    const requests = [...found.values()].sort((a, b) => a.at - b.at);
    return { requests, isWhole: failures.length === 0 };
  }

  /** Never rejects: what stays is taken away at the next look. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const ask = (node: RedisPeer): Promise<unknown> => node.store.call('HDEL', [this.#key, ...ids]);
    await askNodes(this.#nodes, ask, { timeoutMs: NODE_TIMEOUT_MS });
  }
}
