import { askMajority } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys } from '../redis/redis-keys.ts';

/** One change of leader, as the new leader tells it. */
export interface Takeover {
  /** When its first Kafka transaction was committed: the new leader's clock, milliseconds since 1970. */
  readonly at: number;
  readonly epoch: number;
  /** first: nobody had led before · switchover: planned · failover: anything else. */
  readonly kind: 'first' | 'switchover' | 'failover';
  /** Who led before; null where that is not known. */
  readonly from: string | null;
  readonly to: string;
  /** From the lease to the first commit. */
  readonly seconds: number;
  /** From the last commit before to the first one after, by the clocks of both; null for the first leader. */
  readonly standstillSeconds: number | null;
  /** In words. */
  readonly reason: string;
}

export interface TakeoverLogOptions {
  readonly nodes: readonly Pick<RedisPeer, 'name' | 'store'>[];
  readonly clientId: string;
}

const KEPT = 20;
const NODE_TIMEOUT_MS = 2500;

/** ARGV: the takeover as JSON, how many are kept. Whoever took over last is the one it is from. */
const appendScript = `
local held = redis.call('GET', KEYS[1])
local ok, log = pcall(cjson.decode, held or '[]')
if not ok or type(log) ~= 'table' then log = {} end
local entry = cjson.decode(ARGV[1])
entry.from = log[1] and log[1].to or cjson.null
table.insert(log, 1, entry)
while #log > tonumber(ARGV[2]) do table.remove(log) end
redis.call('SET', KEYS[1], cjson.encode(log))
return 1
`;

/** The last changes of leader, kept in Redis so that every replica can show them. For people: nothing is decided by it. */
export class TakeoverLog {
  readonly #nodes: TakeoverLogOptions['nodes'];
  readonly #key: string;

  constructor({ nodes, clientId }: TakeoverLogOptions) {
    this.#nodes = nodes;
    this.#key = redisKeys(clientId).takeovers;
  }

  /** @throws REDIS_UNREACHABLE and its like where too few nodes took it */
  async append(takeover: Omit<Takeover, 'from'>): Promise<void> {
    const args = [JSON.stringify(takeover), KEPT];
    await askMajority(
      this.#nodes,
      (node) => node.store.evaluate(appendScript, [this.#key], args),
      NODE_TIMEOUT_MS,
    );
  }

  /** Newest first, 20 at most. @throws REDIS_UNREACHABLE and its like where too few nodes answered */
  async read(): Promise<Takeover[]> {
    const replies = await askMajority(
      this.#nodes,
      (node) => node.store.call('GET', [this.#key]),
      NODE_TIMEOUT_MS,
    );
    const byEpoch = new Map<number, Takeover>();
    for (const takeover of replies.flatMap(parseReply)) byEpoch.set(takeover.epoch, takeover);
    return [...byEpoch.values()].sort((a, b) => b.epoch - a.epoch).slice(0, KEPT);
  }
}

function parseReply(reply: unknown): Takeover[] {
  if (typeof reply !== 'string') return [];
  try {
    const log = JSON.parse(reply) as unknown;
    return Array.isArray(log) ? (log as Takeover[]) : []; // an empty table of Lua is an object
  } catch {
    return [];
  }
}
