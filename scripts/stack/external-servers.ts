import { Redis } from 'ioredis';
import { sqlVersion } from './sql-probe.ts';
import { StackError } from './stack-error.ts';
import type { KafkaNode, RedisNode, SqlServer } from './stack-info.ts';

function named(variable: string): string | undefined {
  const value = process.env[variable];
  return value === undefined || value === '' ? undefined : value;
}

function portOf(text: string, variable: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StackError(`${variable}: "${text}" is not a port from 1 to 65535`);
  return port;
}

function urlOf(text: string, variable: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new StackError(`${variable} is not a URL`); // its text may hold a password
  }
}

function countsOneOrThree<T>(nodes: T[], variable: string): T[] {
  if (nodes.length === 1 || nodes.length === 3) return nodes;
  throw new StackError(
    `${variable} names ${nodes.length} servers; it takes one or three, with commas between them`,
  );
}

/** The SQL server that `variable` (mysql://user:password@host:port) names, asked for its version; undefined if unset. */
export async function externalSql(
  variable: 'HEAVISIDE_TEST_MYSQL' | 'HEAVISIDE_TEST_MARIADB',
): Promise<SqlServer | undefined> {
  const text = named(variable);
  if (text === undefined) return undefined;
  const url = urlOf(text, variable);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const address = { host: url.hostname, port: portOf(url.port === '' ? '3306' : url.port, variable) };
  const version = await sqlVersion({ ...address, user, password }).catch((error: unknown) => {
    throw new StackError(`${variable}: ${address.host}:${address.port} does not answer: ${String(error)}`);
  });
  return { ...address, user, password, replicator: { user, password }, version, pid: null };
}

/** The one or three Redis servers of HEAVISIDE_TEST_REDIS (redis:// URLs, comma between); undefined if unset. */
export async function externalRedis(): Promise<RedisNode[] | undefined> {
  const variable = 'HEAVISIDE_TEST_REDIS';
  const text = named(variable);
  if (text === undefined) return undefined;
  const nodes = countsOneOrThree(text.split(','), variable).map((one, index) => {
    const url = urlOf(one.trim(), variable);
    const port = portOf(url.port === '' ? '6379' : url.port, variable);
    return { name: `external-${index}`, host: url.hostname, port, pid: null, url: url.href };
  });
  for (const node of nodes) {
    const client = new Redis(node.url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined); // the rejection below tells it
    try {
      await client.connect();
    } catch (error) {
      throw new StackError(`${variable}: ${node.host}:${node.port} does not answer: ${String(error)}`);
    } finally {
      client.disconnect();
    }
  }
  return nodes;
}

/** The one or three brokers of HEAVISIDE_TEST_KAFKA (host:port, comma between); undefined if unset. */
export function externalKafka(): KafkaNode[] | undefined {
  const variable = 'HEAVISIDE_TEST_KAFKA';
  const text = named(variable);
  if (text === undefined) return undefined;
  const nodes = text.split(',').map((address, nodeId) => {
    const [, host, port] = /^\s*(.+):(\d+)\s*$/.exec(address) ?? [];
    if (host === undefined || port === undefined)
      throw new StackError(`${variable}: "${address}" is not host:port`);
    return { name: `external-${nodeId}`, host, port: portOf(port, variable), pid: null, nodeId };
  });
  return countsOneOrThree(nodes, variable);
}
