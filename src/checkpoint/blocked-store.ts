import type { Blocked } from '../model/blocked.ts';
import { HeavisideError } from '../errors.ts';
import { askMajority } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys } from '../redis/redis-keys.ts';

export interface BlockedStoreOptions {
  readonly nodes: readonly Pick<RedisPeer, 'name' | 'store'>[];
  readonly clientId: string;
}

interface Entry {
  /** Grows with every change, so that a node that missed one does not bring the older state back. */
  readonly version: number;
  readonly blocked: Blocked | null;
}

const NODE_TIMEOUT_MS = 4500;
const WRITE_TRIES = 5;

/** ARGV: version, entry. 1 where the node's version was lower, else 0. */
const writeScript = `
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).version >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`;

/** The `blocked` state of the cluster: read from and written to a majority of the nodes. */
export class BlockedStore {
  readonly #nodes: BlockedStoreOptions['nodes'];
  readonly #key: string;

  constructor(options: BlockedStoreOptions) {
    this.#nodes = options.nodes;
    this.#key = redisKeys(options.clientId).blocked;
  }

  /** Null: not blocked. @throws REDIS_UNREACHABLE and its like where too few nodes answered */
  async get(): Promise<Blocked | null> {
    return (await this.#read()).blocked;
  }

  /** @throws REDIS_UNREACHABLE and its like where too few nodes took it */
  async set(blocked: Blocked): Promise<void> {
    await this.#write(blocked);
  }

  /** Whether the cluster was blocked. The standbys are told by an `unblocked` message. @throws as `set` */
  async clear(): Promise<boolean> {
    if ((await this.get()) === null) return false;
    await this.#write(null);
    return true;
  }

  async #read(): Promise<Entry> {
    const replies = await askMajority(
      this.#nodes,
      (node) => node.store.call('GET', [this.#key]),
      NODE_TIMEOUT_MS,
    );
    const entries = replies.flatMap((reply) =>
      typeof reply === 'string' ? [JSON.parse(reply) as Entry] : [],
    );
    return entries.reduce((newest, entry) => (isNewer(entry, newest) ? entry : newest), {
      version: 0,
      blocked: null,
    });
  }

  async #write(blocked: Blocked | null): Promise<void> {
    for (let tries = 0; tries < WRITE_TRIES; tries++) {
      const version = (await this.#read()).version + 1;
      const entry = JSON.stringify({ version, blocked } satisfies Entry);
      const replies = await askMajority(
        this.#nodes,
        (node) => node.store.evaluate(writeScript, [this.#key], [version, entry]),
        NODE_TIMEOUT_MS,
      );
      // Another replica wrote in between: look again, and go beyond it.
      if (replies.every((reply) => reply === 1)) return;
    }
    throw new HeavisideError('REDIS_REFUSED', 'the blocked state was changed by others at each of our tries');
  }
}

/** Two replicas can write one version: blocked is the safe one to see. */
function isNewer(entry: Entry, than: Entry): boolean {
  return entry.version > than.version || (entry.version === than.version && than.blocked === null);
}
