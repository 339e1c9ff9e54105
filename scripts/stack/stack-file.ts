import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { StackError } from './stack-error.ts';

export type ServerKind = 'mysql' | 'mariadb' | 'redis' | 'kafka';

/** A listener of a broker that tells its clients another port: the one where a relay to it listens. */
export interface KafkaLink {
  readonly port: number;
  readonly advertisedPort: number;
}

/** One server of the stack as `stack.json` keeps it. */
export interface ServerEntry {
  readonly name: string;
  readonly kind: ServerKind;
  readonly port: number;
  /** The KRaft controller's port; Kafka only. */
  readonly controllerPort?: number;
  /** Listeners beside the first, for clients that come through a relay; `kafkalinks-0` only. */
  readonly links?: readonly KafkaLink[];
  /** Null while the server is stopped. */
  pid: number | null;
  /** The process's start time in clock ticks since boot (/proc/PID/stat, field 22); tells a reused pid apart. */
  startTicks: string | null;
  /** The server's own version string; SQL servers only. */
  version?: string;
}

/** Accounts that the stack creates in both SQL servers; they listen on 127.0.0.1 only. */
export interface Accounts {
  readonly root: string;
  readonly maxwell: string;
}

/** The content of `stack.json`. */
export interface StackState {
  readonly accounts: Accounts;
  /** The KRaft cluster id, base64 of 16 bytes. */
  readonly clusterId: string;
  readonly servers: Record<string, ServerEntry>;
}

const LINKS = 3; // one a replica
const NAME = /^(?:(mysql|mariadb)|(redis)-0|(kafka)(?:links)?-0|(redis|kafka)3-[0-2])$/;

/** The kind of server that a name such as `mysql`, `redis-0` or `kafka3-2` stands for. Throws StackError on others. */
export function kindOf(name: string): ServerKind {
  const found = NAME.exec(name)
    ?.slice(1)
    .find((group) => group !== undefined);
  if (found === undefined)
    throw new StackError(
      `no server "${name}"; names are mysql, mariadb, redis-0, redis3-0 to redis3-2, kafka-0, kafkalinks-0, kafka3-0 to kafka3-2`,
    );
  return found as ServerKind;
}

/** The names of a single server or of a set of three: `redis` → redis-0; `redis3` → redis3-0 to redis3-2. */
export function groupNames(group: 'redis' | 'redis3' | 'kafka' | 'kafkalinks' | 'kafka3'): string[] {
  return group.endsWith('3') ? [0, 1, 2].map((index) => `${group}-${index}`) : [`${group}-0`];
}

/** The number at the end of a name: `kafka3-2` → 2; 0 for a name without one. */
export function indexOf(name: string): number {
  return Number(/-(\d)$/.exec(name)?.[1] ?? 0);
}

/** The folder of the stack: HEAVISIDE_STACK_DIR, else `.stack` of the repository. */
export function stackDir(): string {
  const named = process.env['HEAVISIDE_STACK_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.stack');
}

/** Reads `stack.json`; a stack that has none yet gets an empty description with fresh passwords. */
export function readStack(dir: string): StackState {
  let text: string;
  try {
    text = readFileSync(join(dir, 'stack.json'), 'utf8');
  } catch {
    const password = (): string => randomBytes(12).toString('hex');
    const accounts = { root: password(), maxwell: password() };
    return { accounts, clusterId: randomBytes(16).toString('base64url'), servers: {} };
  }
  return JSON.parse(text) as StackState;
}

/** Writes `stack.json` whole (rename), readable by its owner only as it holds passwords. */
export function writeStack(dir: string, state: StackState): void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'stack.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The entry of a server; a server not known yet gets free ports, which it keeps. Not written to disk. */
export async function entryOf(state: StackState, name: string): Promise<ServerEntry> {
  const known = state.servers[name];
  if (known !== undefined) return known;
  const kind = kindOf(name);
  const taken = new Set(
    Object.values(state.servers).flatMap((server) => [
      server.port,
      server.controllerPort ?? server.port,
      ...(server.links ?? []).flatMap((link) => [link.port, link.advertisedPort]),
    ]),
  );
  const port = await freePort(taken);
  const base: ServerEntry = { name, kind, port, pid: null, startTicks: null };
  const next = async (): Promise<number> => {
    const found = await freePort(taken);
    taken.add(found);
    return found;
  };
  taken.add(port);
  const links: KafkaLink[] = [];
  if (name.startsWith('kafkalinks'))
    for (let i = 0; i < LINKS; i++) links.push({ port: await next(), advertisedPort: await next() });
  const entry = {
    ...base,
    ...(kind === 'kafka' ? { controllerPort: await next() } : {}),
    ...(links.length > 0 ? { links } : {}),
  };
  state.servers[name] = entry;
  return entry;
}
