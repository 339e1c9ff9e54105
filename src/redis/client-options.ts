import { isIP } from 'node:net';
import type { RedisTarget } from './redis-url.ts';

/** Whom a connection is made to, and as whom: read anew for each one. */
export interface LinkIdentity {
  readonly target: RedisTarget;
  /** PEM text; null: the system's authorities. */
  readonly tlsCa: string | null;
}

export interface LinkLimits {
  /** How long a command may take, in milliseconds. */
  readonly commandMs: number;
  /** How long a command waits for a connection; 0: it fails at once. */
  readonly readyWaitMs: number;
}

const CONNECT_TIMEOUT_MS = 1000;

/** 50, 100, … 500 ms, a quarter of it left to chance so that the replicas do not come back in step. */
export function retryDelayMs(attempt: number): number {
  return Math.round(Math.min(50 * attempt, 500) * (0.75 + 0.25 * Math.random()));
}

/** The part of ioredis's options that a rotation changes. */
export function identityOptions({ target, tlsCa }: LinkIdentity) {
  const host = target.hosts[0]?.host ?? '';
  // SNI takes names only (RFC 6066); the certificate of an address is checked against `host`.
  const servername = target.masterName === null && isIP(host) === 0 ? { servername: host } : {};
  const authority = tlsCa === null ? {} : { ca: tlsCa };
  const { credentials, sentinelCredentials } = target;
  return {
    ...(credentials?.username ? { username: credentials.username } : {}),
    ...(credentials === null ? {} : { password: credentials.password }),
    ...(target.tls ? { tls: { ...servername, ...authority } } : {}),
    ...(target.tls && target.masterName !== null ? { sentinelTLS: authority } : {}),
    ...(sentinelCredentials?.username ? { sentinelUsername: sentinelCredentials.username } : {}),
    ...(sentinelCredentials === null ? {} : { sentinelPassword: sentinelCredentials.password }),
  };
}

/** ioredis's options. */
export function clientOptions(identity: LinkIdentity, limits: LinkLimits, isClosed: () => boolean) {
  const { target } = identity;
  const common = {
    replyMapping: 'legacy' as const,
    // Inverts each default that would carry out a command late or twice (ioredis 6: 20 retries, offline queue, resend).
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The subscriptions are sent anew from our own list, at every `ready`.
    autoResubscribe: false,
    commandTimeout: limits.commandMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: limits.commandMs * 2,
    disconnectTimeout: 100,
    retryStrategy: retryDelayMs,
    // A demoted master answers READONLY: reconnect (true), do not resend (that would be 2).
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    connectionName: 'heaviside',
    db: target.db,
    ...identityOptions(identity),
  };
  if (target.masterName === null) return { ...common, ...target.hosts[0] };
  return {
    ...common,
    sentinels: target.hosts.map(({ host, port }) => ({ host, port })),
    name: target.masterName,
    failoverDetector: true,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    // Null ends the search for a master; only so does a closed client end while all sentinels are away.
    sentinelRetryStrategy: (attempt: number) => (isClosed() ? null : retryDelayMs(attempt)),
    ...(target.tls ? { enableTLSForSentinelMode: true } : {}),
  };
}
