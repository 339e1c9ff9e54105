import type { ErrorReport } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import { askMajority, askNodes } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys } from '../redis/redis-keys.ts';

/** What a replica says of itself. */
export interface PresenceReport {
  readonly host: string;
  /** An address for where the name is unknown; absent where it has none, and in what an older replica says. */
  readonly address?: string | undefined;
  readonly pid: number;
  /** Null where its HTTP server is off. */
  readonly httpPort: number | null;
  readonly role: 'candidate' | 'standby' | 'leader';
  /** The epoch under which it leads, else null. */
  readonly epoch: number | null;
  readonly kafkaReachable: boolean;
  readonly sourceReachable: boolean;
  /** Milliseconds since a standby last proved both; null where it has not, and on a leader. */
  readonly provedAgoMs: number | null;
  /** Of a leader's stream; null on the others, absent from replicas of version 0.1.0 and older. */
  readonly lagSeconds?: number | null;
  readonly rowsPerSecond?: number | null;
  readonly breaker?: 'closed' | 'half-open' | 'open' | null;
  /** Why it cannot lead now; null where nothing keeps it from that; absent in the entries of versions before 0.2. */
  readonly refusal?: ErrorReport | null;
  readonly version: string;
  /** What tells one configuration from another; absent in the entries of versions before 0.2. */
  readonly config?: string;
  /** When the process started, by its own clock, milliseconds since 1970; absent likewise. */
  readonly startedAt?: number;
}

export interface Presence extends PresenceReport {
  readonly replica: string;
  /** When it was written: Redis's clock, milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds since then by the same clock: the clocks of the replicas do not matter. */
  readonly ageMs: number;
}

export interface PresenceBoardOptions {
  readonly nodes: readonly Pick<RedisPeer, 'name' | 'store'>[];
  readonly clientId: string;
  /** This replica's name, unique in the cluster. */
  readonly replica: string;
  /** How often the replicas write, in milliseconds (half the lease's TTL); an entry of three periods is stale. */
  readonly periodMs: number;
  readonly log: Log;
  /** Called after each writing: whether a majority of the nodes took it. */
  readonly onWritten?: (isTaken: boolean) => void;
}

const STALE_PERIODS = 3;
const NODE_TIMEOUT_MS = 2500;

/** ARGV: replica, its report as a JSON object, ms until stale. */
const writeScript = `
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], ARGV[1], '{"at":' .. at .. ',' .. string.sub(ARGV[2], 2))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** ARGV[1]: ms until stale. Removes what is stale, or from a clock that was set back, and returns {now, entry, entry, …}. */
const readScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local result = {string.format('%.0f', now)}
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local ok, entry = pcall(cjson.decode, entries[i + 1])
  local age = ok and type(entry) == 'table' and type(entry.at) == 'number' and now - entry.at or math.huge
  if math.abs(age) >= tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], entries[i])
  else
    result[#result + 1] = entries[i + 1]
  end
end
return result
`;

/** Where the replicas of a cluster see one another. */
export class PresenceBoard {
  readonly #options: PresenceBoardOptions;
  readonly #key: string;
  readonly #staleMs: number;
  #timer: NodeJS.Timeout | null = null;
  #describe: (() => PresenceReport) | null = null;
  #isFailing = false;

  constructor(options: PresenceBoardOptions) {
    this.#options = options;
    this.#key = redisKeys(options.clientId).presence;
    this.#staleMs = Math.ceil(options.periodMs * STALE_PERIODS);
  }

  /** Writes what `describe` says now and every period, until `stop`. */
  start(describe: () => PresenceReport): void {
    this.#clear();
    this.#describe = describe;
    this.#timer = setInterval(() => this.refresh(), this.#options.periodMs);
    this.refresh();
  }

  /** Writes at once: who leads must not be a period old. Nothing before `start` and after `stop`. */
  refresh(): void {
    if (this.#describe) void this.#tryWrite(this.#describe);
  }

  /** @throws REDIS_UNREACHABLE and its like where too few nodes took it */
  async write(report: PresenceReport): Promise<void> {
    const { nodes, replica } = this.#options;
    const entry = JSON.stringify({ replica, ...report });
    await askMajority(
      nodes,
      (node) => node.store.evaluate(writeScript, [this.#key], [replica, entry, this.#staleMs]),
      NODE_TIMEOUT_MS,
    );
  }

  /** The fresh entries, sorted by replica. @throws REDIS_UNREACHABLE and its like where too few nodes answered */
  async read(): Promise<Presence[]> {
    const { nodes } = this.#options;
    const replies = await askMajority(
      nodes,
      (node) => node.store.evaluate(readScript, [this.#key], [this.#staleMs]),
      NODE_TIMEOUT_MS,
    );
    const freshest = new Map<string, Presence>();
    for (const presence of replies.flatMap(parseReply)) {
      const other = freshest.get(presence.replica);
      if (other === undefined || presence.ageMs < other.ageMs) freshest.set(presence.replica, presence);
    }
    return [...freshest.values()].sort((a, b) => (a.replica < b.replica ? -1 : 1));
  }

  /** Ends the writing and takes this replica's entry away, as far as Redis can be reached. */
  async stop(): Promise<void> {
    this.#clear();
    const { nodes, replica } = this.#options;
    await askNodes(nodes, (node) => node.store.call('HDEL', [this.#key, replica]), {
      timeoutMs: NODE_TIMEOUT_MS,
    });
  }

  async #tryWrite(describe: () => PresenceReport): Promise<void> {
    try {
      await this.write(describe());
      this.#isFailing = false;
      this.#options.onWritten?.(true);
    } catch (error) {
      this.#options.onWritten?.(false);
      if (!this.#isFailing) this.#options.log.warn({ error: String(error) }, 'presence could not be written');
      this.#isFailing = true;
    }
  }

  #clear(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#describe = null;
  }
}

/** The one that leads; of two that say so, for a moment after a takeover, the one of the higher epoch. */
export function leaderOf(replicas: readonly Presence[]): Presence | null {
  const leaders = replicas.filter(({ role }) => role === 'leader');
  return leaders.sort((a, b) => (b.epoch ?? 0) - (a.epoch ?? 0))[0] ?? null;
}

function parseReply(reply: unknown): Presence[] {
  if (!Array.isArray(reply)) return [];
  const [now, ...entries] = reply.map(String);
  return entries.map((entry) => {
    const written = JSON.parse(entry) as Omit<Presence, 'ageMs'>;
    return { ...written, ageMs: Math.max(0, Number(now) - written.at) };
  });
}
