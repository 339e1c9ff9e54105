import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { HeavisideError } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import { isTlsError } from '../tls-error.ts';
import {
  clientOptions,
  identityOptions,
  retryDelayMs,
  type LinkIdentity,
  type LinkLimits,
} from './client-options.ts';
import type { RedisConnection, RedisPeer } from './redis-connection.ts';
import { parseRedisUrl, secretsOf, withSentinelPassword } from './redis-url.ts';

/** URL, authority and password are looked at for each connection: where they are getters, a rotated one is taken. */
export interface RedisNodeOptions {
  /** One entry of `redis.nodes`; see parseRedisUrl. */
  readonly url: string;
  /** TTL of the lease in milliseconds; the time limits of the lease's connection follow from it. */
  readonly leaseTtlMs: number;
  /** PEM text of the authority that signed the servers' certificates; null: the system's. */
  readonly tlsCa?: string | null;
  /** Password of the sentinels, unless the URL has its own. */
  readonly sentinelPassword?: string | null;
  readonly log: Log;
}

const STORE_TIMEOUT_MS = 2000;
const SUBSCRIBER_PING_MS = 5000;
const SHORTEST_TIMEOUT_MS = 50;
// How long an error text may be: Redis repeats the arguments of a command that it does not know.
const ERROR_TEXT_LIMIT = 160;

/** The one place that knows ioredis: three connections to one Redis node, opened at once and reopened for ever. */
export class RedisNode implements RedisPeer {
  readonly name: string;
  readonly lease: RedisConnection;
  readonly store: RedisConnection;
  readonly #links: Link[] = [];
  readonly #log: Log;
  readonly #open: (role: LinkRole, limits: LinkLimits) => Link;
  #subscriber: Link | null = null;
  #pings: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @throws CONFIG_INVALID where the URL is none */
  constructor(options: RedisNodeOptions) {
    const identify = (): LinkIdentity => ({
      target: withSentinelPassword(parseRedisUrl(options.url), options.sentinelPassword ?? null),
      tlsCa: options.tlsCa ?? null,
    });
    this.name = identify().target.name;
    this.#log = options.log.child({ redis: this.name });
    this.#open = (role, limits) => {
      const link = new Link(identify, limits, this.#log.child({ connection: role }));
      this.#links.push(link);
      return link;
    };
    const quarter = Math.max(SHORTEST_TIMEOUT_MS, Math.floor(options.leaseTtlMs / 4));
    this.lease = this.#open('lease', { commandMs: quarter, readyWaitMs: 0 });
    this.store = this.#open('store', { commandMs: STORE_TIMEOUT_MS, readyWaitMs: STORE_TIMEOUT_MS });
  }

  /** Waits for the connections that were opened so far; false where one is not ready within `timeoutMs`. Never rejects. */
  async waitUntilReady(timeoutMs: number): Promise<boolean> {
    const ready = await Promise.allSettled(this.#links.map((link) => link.waitUntilReady(timeoutMs)));
    return ready.every(({ status }) => status === 'fulfilled');
  }

  subscribe(channel: string, onMessage: (message: string) => void): void {
    if (this.#isClosed) return;
    this.#subscriber ??= this.#openSubscriber();
    this.#subscriber.subscribe(channel, onMessage);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#pings !== null) clearInterval(this.#pings);
    for (const link of this.#links) link.close();
  }

  #openSubscriber(): Link {
    const link = this.#open('subscriber', { commandMs: STORE_TIMEOUT_MS, readyWaitMs: 0 });
    // A subscriber only listens: without a ping it would never notice a link that is half-open.
    this.#pings = setInterval(() => void link.call('PING', []).catch(() => undefined), SUBSCRIBER_PING_MS);
    this.#pings.unref();
    return link;
  }
}

type LinkRole = 'lease' | 'store' | 'subscriber';

/** One ioredis client with its errors translated. */
class Link implements RedisConnection {
  readonly #redis: Redis;
  readonly #name: string;
  readonly #readyWaitMs: number;
  readonly #identify: () => LinkIdentity;
  readonly #secrets: Set<string>;
  readonly #log: Log;
  readonly #hashes = new Map<string, string>();
  readonly #channels = new Map<string, (message: string) => void>();
  #lastError = '';
  #hasTlsFailed = false;
  #reopening: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(identify: () => LinkIdentity, limits: LinkLimits, log: Log) {
    const identity = identify();
    this.#identify = identify;
    this.#name = identity.target.name;
    this.#readyWaitMs = limits.readyWaitMs;
    this.#log = log;
    this.#secrets = new Set(secretsOf(identity.target));
    this.#redis = new Redis(clientOptions(identity, limits, () => this.#isClosed));
    // One listener a waiting command: no sign of a leak.
    this.#redis.setMaxListeners(0);
    this.#listen();
  }

  async call(command: string, args: readonly (string | number)[]): Promise<unknown> {
    await this.waitUntilReady(this.#readyWaitMs);
    try {
      return await this.#redis.call(command, ...args);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async evaluate(
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    await this.waitUntilReady(this.#readyWaitMs);
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.#redis.call('EVALSHA', this.#hash(script), ...rest);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw this.#translate(error);
    }
    return this.call('EVAL', [script, ...rest]);
  }

  subscribe(channel: string, onMessage: (message: string) => void): void {
    this.#channels.set(channel, onMessage);
    if (this.#redis.status === 'ready') this.#send(channel);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#reopening !== null) clearTimeout(this.#reopening);
    this.#redis.disconnect();
  }

  #listen(): void {
    this.#redis.on('error', (error: Error) => {
      const message = this.#clean(error.message);
      // The same failure repeats with every attempt to reconnect: one line is enough.
      if (message !== this.#lastError)
        this.#log.warn({ error: message }, 'redis connection failed; trying again');
      this.#lastError = message;
      this.#hasTlsFailed = isTlsError(error);
    });
    this.#redis.on('reconnecting', () => this.#renewIdentity());
    this.#redis.on('ready', () => {
      if (this.#lastError !== '') this.#log.info({}, 'redis connection is back');
      this.#lastError = '';
      for (const channel of this.#channels.keys()) this.#send(channel);
    });
    this.#redis.on('message', (channel: string, message: string) => this.#channels.get(channel)?.(message));
    // ioredis gives up where a disconnect meets a Sentinel lookup; a node is never given up.
    this.#redis.on('end', () => {
      if (this.#isClosed) return;
      this.#renewIdentity();
      this.#reopening = setTimeout(() => void this.#redis.connect().catch(() => undefined), retryDelayMs(10));
    });
  }

  /** ioredis keeps the options that it was made with: password and certificates of now are put into them before it connects. */
  #renewIdentity(): void {
    const identity = this.#identify();
    for (const secret of secretsOf(identity.target)) this.#secrets.add(secret);
    Object.assign(this.#redis.options, identityOptions(identity));
  }

  #send(channel: string): void {
    this.#redis.subscribe(channel).catch((error: unknown) => {
      if (this.#isClosed) return;
      this.#log.warn({ error: this.#clean(String(error)) }, 'redis subscription failed; connecting anew');
      this.#redis.disconnect(true);
    });
  }

  /** @throws REDIS_UNREACHABLE where there is no connection after `timeoutMs`; at 0, at once */
  waitUntilReady(timeoutMs: number): Promise<void> {
    if (this.#redis.status === 'ready') return Promise.resolve();
    if (timeoutMs === 0 || this.#isClosed) return Promise.reject(this.#unreachable('is not connected'));
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#redis.off('ready', onReady).off('end', onEnd);
      };
      const onReady = (): void => {
        end();
        resolve();
      };
      const onEnd = (): void => {
        end();
        reject(this.#unreachable('is not connected'));
      };
      const timer = setTimeout(onEnd, timeoutMs);
      this.#redis.on('ready', onReady).on('end', onEnd);
    });
  }

  #hash(script: string): string {
    const known = this.#hashes.get(script);
    if (known !== undefined) return known;
    const hash = createHash('sha1').update(script).digest('hex');
    this.#hashes.set(script, hash);
    return hash;
  }

  /** ioredis hangs the command with its arguments on its errors: only the text goes on. */
  #translate(error: unknown): HeavisideError {
    if (error instanceof HeavisideError) return error;
    const message = this.#clean(error instanceof Error ? error.message : String(error));
    if (!(error instanceof Error) || error.name !== 'ReplyError')
      return this.#unreachable(`failed: ${message}`);
    const code = /^(NOAUTH|WRONGPASS|NOPERM)/.test(message) ? 'REDIS_ACCESS_DENIED' : 'REDIS_REFUSED';
    return new HeavisideError(code, `Redis ${this.#name} answered: ${message}`);
  }

  #unreachable(what: string): HeavisideError {
    // A refused login shows itself as a connection that never gets ready.
    const isDenied = /\b(NOAUTH|WRONGPASS|NOPERM)\b/.test(this.#lastError);
    const last = this.#lastError === '' ? '' : ` (last error: ${this.#lastError})`;
    const reason = this.#hasTlsFailed ? 'REDIS_TLS' : 'REDIS_UNREACHABLE';
    return new HeavisideError(
      isDenied ? 'REDIS_ACCESS_DENIED' : reason,
      `Redis ${this.#name} ${what}${last}`,
    );
  }

  #clean(message: string): string {
    let text = message;
    for (const secret of this.#secrets) text = text.replaceAll(secret, '***');
    return text.slice(0, ERROR_TEXT_LIMIT);
  }
}
