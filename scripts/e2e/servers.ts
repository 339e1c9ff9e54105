import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { LoadConnection, type SqlTarget } from '../../test/support/load-connection.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { freePort } from '../stack/free-port.ts';
import type { E2eOptions } from './e2e-options.ts';
import type { Kube, Pod } from './kube.ts';

/** The source, Kafka and Redis: as the pods reach them, and as this machine does. */
export interface Servers {
  /** The connection options of the replicas, without the source's password. */
  readonly config: Readonly<Record<string, string>>;
  readonly sql: SqlTarget;
  readonly brokers: readonly string[];
  close(): void;
}

interface PodManifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

const WAIT_MS = 240_000;
const HOST = '127.0.0.1';
const KAFKA_HOST_PORT = 19_092; // the broker advertises it
const PASSWORD = 'heaviside';
const forwards = new Set<ChildProcess>();

/** `kubectl port-forward`, started again for as long as it is wanted: it ends with its connection. */
function forward(kube: Kube, pod: string, ports: string): void {
  const child = spawn('kubectl', ['--namespace', kube.namespace, 'port-forward', `pod/${pod}`, ports], {
    stdio: 'ignore',
  });
  forwards.add(child);
  child.once('exit', () => {
    if (forwards.delete(child)) setTimeout(() => forward(kube, pod, ports), 200);
  });
}

function closeForwards(): void {
  for (const child of forwards) {
    forwards.delete(child);
    child.kill();
  }
}

async function isAnswered(sql: SqlTarget): Promise<boolean> {
  const connection = new LoadConnection(sql, 'mysql');
  try {
    await connection.open();
    return true;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

/** The pods of the manifest on one node, and what reaches them from here. */
async function bringUp(kube: Kube, node: string): Promise<Servers> {
  const { items, ...list } = parse(readFileSync(new URL('servers.yaml', import.meta.url), 'utf8')) as {
    items: PodManifest[];
  };
  const placed = items.map((item) =>
    item.kind === 'Pod' ? { ...item, spec: { ...item.spec, nodeName: node } } : item,
  );
  await kube.apply({ ...list, items: placed });
  await kube.run('wait', 'pod', '--selector', 'part=servers', '--for', 'condition=Ready', '--timeout', '4m');
  const sql = { host: HOST, port: await freePort(new Set()), user: 'root', password: PASSWORD };
  forward(kube, 'mysql', `${sql.port}:3306`);
  forward(kube, 'kafka', `${KAFKA_HOST_PORT}:19092`);
  await waitUntil(() => isAnswered(sql), { timeoutMs: WAIT_MS, everyMs: 500, what: 'MySQL to answer here' });
  return {
    config: {
      host: 'mysql',
      user: 'root',
      'kafka.bootstrap.servers': 'kafka:9092',
      'redis.nodes': 'redis://redis:6379',
    },
    sql,
    brokers: [`${HOST}:${KAFKA_HOST_PORT}`],
    close: closeForwards,
  };
}

/** The servers inside the cluster, or those that were named. The password of the source is in the Secret `source`. */
export async function openServers(
  kube: Kube,
  options: E2eOptions,
  nodes: readonly string[],
): Promise<Servers> {
  const { servers } = options;
  const password = servers === null ? PASSWORD : decodeURIComponent(servers.mysql.password);
  await kube.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'source' },
    stringData: { password },
  });
  if (servers === null) return bringUp(kube, options.serversNode ?? nodes.at(-1) ?? '');
  const { hostname, port, username } = servers.mysql;
  const sql = { host: hostname, port: Number(port || 3306), user: decodeURIComponent(username), password };
  return {
    config: {
      host: sql.host,
      port: String(sql.port),
      user: sql.user,
      'kafka.bootstrap.servers': servers.kafka,
      'redis.nodes': servers.redis,
    },
    sql,
    brokers: servers.kafka.split(','),
    close: () => undefined,
  };
}

/** The node that no fault may be done to: where the servers are. */
export async function serversNode(kube: Kube): Promise<string | null> {
  const pods: readonly Pod[] = await kube.pods('part=servers');
  return pods[0]?.spec.nodeName ?? null;
}
