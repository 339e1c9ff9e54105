import { HeavisideError } from '../errors.ts';

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export interface RedisCredentials {
  /** Null: the default user. */
  readonly username: string | null;
  readonly password: string;
}

/** What one entry of `redis.nodes` says. */
export interface RedisTarget {
  /** For logs and errors: hosts without credentials. */
  readonly name: string;
  /** One Redis server, or the sentinels where `masterName` is given. */
  readonly hosts: readonly RedisHost[];
  readonly masterName: string | null;
  readonly tls: boolean;
  readonly credentials: RedisCredentials | null;
  readonly sentinelCredentials: RedisCredentials | null;
  /** 0 or more. */
  readonly db: number;
}

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26379;
const SHAPE = /^(rediss?)(\+sentinel)?:\/\/(?:(.*)@)?([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/s;

/**
 * Reads `redis://`, `rediss://` (TLS) and `redis+sentinel://[user:password@]host1:port,host2:port/masterName[/db]`
 * (`rediss+sentinel://` with TLS to sentinels and servers). User and password go to the servers;
 * `?sentinel_user=…&sentinel_password=…` to the sentinels. Reserved characters are percent-encoded.
 * @throws CONFIG_INVALID, without the password
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = SHAPE.exec(url.trim());
  if (match === null)
    throw invalid('an entry of redis.nodes is not a redis://, rediss:// or redis+sentinel:// URL');
  const [, scheme, sentinel, userInfo, hostList = '', path = '', query = ''] = match;
  const isSentinel = sentinel !== undefined;
  const hosts = hostList.split(/[,;]/).map((entry) => parseHost(entry, isSentinel));
  const addresses = hosts
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(',');
  const [first = '', second = '', ...rest] = path.split('/');
  const masterName = isSentinel ? decode(first, addresses) : null;
  const database = isSentinel ? second : first;
  if (masterName === '')
    throw invalid(`the sentinel URL of ${addresses} needs the name of its master as the path`);
  if (!isSentinel && (hosts.length > 1 || second !== ''))
    throw invalid(
      `redis.nodes: ${addresses}: one host and at most a database number belong in a redis:// URL`,
    );
  if (rest.length > 0 || !/^\d{0,9}$/.test(database))
    throw invalid(`redis.nodes: ${addresses}: the database must be a number`);
  return {
    name: masterName === null ? addresses : `${masterName}@${addresses}`,
    hosts,
    masterName,
    tls: scheme === 'rediss',
    credentials: parseUserInfo(userInfo, addresses),
    sentinelCredentials: parseQuery(query, isSentinel, addresses),
    db: Number(database),
  };
}

function parseHost(entry: string, isSentinel: boolean): RedisHost {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(entry);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? (isSentinel ? DEFAULT_SENTINEL_PORT : DEFAULT_PORT));
  // The entry itself is not shown: a misplaced password could be in it.
  if (host === undefined || port < 1 || port > 65_535)
    throw invalid('an entry of redis.nodes has a host that is not host:port with a port of 1 to 65535');
  return { host, port };
}

function parseUserInfo(userInfo: string | undefined, addresses: string): RedisCredentials | null {
  if (userInfo === undefined || userInfo === '') return null;
  const colon = userInfo.indexOf(':');
  // As redis-cli: without a colon it is a user; a user alone cannot log in.
  if (colon < 0)
    throw invalid(`redis.nodes: ${addresses}: a user is given without a password (user:password@)`);
  const username = decode(userInfo.slice(0, colon), addresses);
  return {
    username: username === '' ? null : username,
    password: decode(userInfo.slice(colon + 1), addresses),
  };
}

function parseQuery(query: string, isSentinel: boolean, addresses: string): RedisCredentials | null {
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys())
    if (!isSentinel || (name !== 'sentinel_user' && name !== 'sentinel_password'))
      throw invalid(`redis.nodes: ${addresses}: a parameter of the URL is not known here`);
  const password = parameters.get('sentinel_password');
  if (password !== null) return { username: parameters.get('sentinel_user'), password };
  if (parameters.has('sentinel_user'))
    throw invalid(`redis.nodes: ${addresses}: sentinel_user needs sentinel_password`);
  return null;
}

function decode(text: string, addresses: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(
      `redis.nodes: ${addresses}: a "%" is not followed by two hexadecimal digits; write it as %25`,
    );
  }
}

function invalid(message: string): HeavisideError {
  return new HeavisideError('CONFIG_INVALID', message);
}

/** The target with this password for its sentinels, unless the URL has one. */
export function withSentinelPassword(target: RedisTarget, password: string | null): RedisTarget {
  if (password === null || target.masterName === null || target.sentinelCredentials !== null) return target;
  return { ...target, sentinelCredentials: { username: null, password } };
}

/** What must not show in an error or in the log. */
export function secretsOf(target: RedisTarget): string[] {
  return [target.credentials?.password, target.sentinelCredentials?.password].filter(
    (secret) => secret !== undefined && secret !== '',
  ) as string[];
}
