import { HeavisideError } from '../errors.ts';
import { askMajority, askNodes, majorityOf, requireMajority } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys, type RedisKeys } from '../redis/redis-keys.ts';

/** The position as it was committed to Kafka, kept in Redis for operators and as the second witness; never a start position on its own. */
export interface Checkpoint {
  readonly v: 1;
  /** Epoch of the leader that committed it. */
  readonly epoch: number;
  /** Offset of its record in the positions topic, decimal. */
  readonly positionsOffset: string;
  /** The position record, JSON as in Kafka. */
  readonly record: string;
  /** When it was saved: clock of the replica, milliseconds since 1970. Only informs. */
  readonly savedAt: number;
}

export interface RedisCheckpointStoreOptions {
  readonly nodes: readonly Pick<RedisPeer, 'name' | 'store'>[];
  readonly clientId: string;
}

// A node's own limits (a wait for the connection, then the command) come first.
const NODE_TIMEOUT_MS = 4500;

/** ARGV: v, epoch, positionsOffset, record, savedAt. 1: saved, 0: what is there is newer. Offsets are compared as text: exact beyond 2^53. */
const saveScript = `
local held = redis.call('HMGET', KEYS[1], 'epoch', 'positionsOffset')
if held[1] and held[2] then
  local heldEpoch, epoch = tonumber(held[1]), tonumber(ARGV[2])
  if epoch < heldEpoch then return 0 end
  local heldOffset, offset = held[2], ARGV[3]
  local isBefore = #offset < #heldOffset or (#offset == #heldOffset and offset < heldOffset)
  if epoch == heldEpoch and isBefore then return 0 end
end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'epoch', ARGV[2], 'positionsOffset', ARGV[3], 'record', ARGV[4], 'savedAt', ARGV[5])
return 1
`;

/** The checkpoint on every node, compare-and-set on (epoch, offset in the positions topic): takeover.md, rule 11. */
export class RedisCheckpointStore {
  readonly #nodes: RedisCheckpointStoreOptions['nodes'];
  readonly #keys: RedisKeys;

  constructor(options: RedisCheckpointStoreOptions) {
    this.#nodes = options.nodes;
    this.#keys = redisKeys(options.clientId);
  }

  /**
   * `stale`: a node has one of a higher epoch, or of this epoch and a higher offset; whoever saved is deposed or late.
   * @throws REDIS_UNREACHABLE and its like where too few nodes answered
   */
  async save(checkpoint: Checkpoint): Promise<'saved' | 'stale'> {
    const { v, epoch, positionsOffset, record, savedAt } = checkpoint;
    if (!/^(0|[1-9]\d*)$/.test(positionsOffset))
      throw new HeavisideError(
        'INTERNAL',
        `the offset of a position record must be decimal, not "${positionsOffset}"`,
      );
    const args = [v, epoch, positionsOffset, record, savedAt];
    const majority = majorityOf(this.#nodes.length);
    const votes = await askNodes(
      this.#nodes,
      (node) => node.store.evaluate(saveScript, [this.#keys.checkpoint], args),
      {
        timeoutMs: NODE_TIMEOUT_MS,
        isSettled: (replies) => replies.includes(0) || replies.length >= majority,
      },
    );
    if (votes.answers.includes(0)) return 'stale';
    requireMajority(votes, this.#nodes.length);
    return 'saved';
  }

  /**
   * The newest that a majority of the nodes has; null where none has one.
   * @throws REDIS_UNREACHABLE and its like where too few nodes answered; POSITION_UNREADABLE where it is not ours to read
   */
  async load(): Promise<Checkpoint | null> {
    const fields = ['v', 'epoch', 'positionsOffset', 'record', 'savedAt'];
    const replies = await askMajority(
      this.#nodes,
      (node) => node.store.call('HMGET', [this.#keys.checkpoint, ...fields]),
      NODE_TIMEOUT_MS,
    );
    const found = replies.map(parseCheckpoint);
    return found.reduce(
      (best, each) => (each !== null && (best === null || isNewer(each, best)) ? each : best),
      null,
    );
  }

  /** The epoch that a majority of the nodes was brought to, 0 where there is none. @throws REDIS_UNREACHABLE and its like where too few nodes answered */
  async readEpoch(): Promise<number> {
    const replies = await askMajority(
      this.#nodes,
      (node) => node.store.call('GET', [this.#keys.epoch]),
      NODE_TIMEOUT_MS,
    );
    return Math.max(...replies.map((reply) => Number(reply ?? 0)));
  }
}

function isNewer(a: Checkpoint, b: Checkpoint): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  return BigInt(a.positionsOffset) > BigInt(b.positionsOffset);
}

/** @throws POSITION_UNREADABLE where it was not written by this version */
function parseCheckpoint(reply: unknown): Checkpoint | null {
  if (!Array.isArray(reply)) return null;
  const [v, epoch, positionsOffset, record, savedAt] = reply as (string | null)[];
  if (v === null && epoch === null && record === null) return null;
  const isReadable =
    v === '1' &&
    /^\d+$/.test(epoch ?? '') &&
    /^\d+$/.test(positionsOffset ?? '') &&
    typeof record === 'string';
  if (!isReadable)
    throw new HeavisideError(
      'POSITION_UNREADABLE',
      `the checkpoint in Redis has version ${v ?? 'none'}, not 1, or lacks a field`,
    );
  return {
    v: 1,
    epoch: Number(epoch),
    positionsOffset: positionsOffset ?? '',
    record,
    savedAt: Number(savedAt),
  };
}
