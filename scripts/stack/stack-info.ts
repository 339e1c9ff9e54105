import { HOST } from './free-port.ts';
import { indexOf, type Accounts, type ServerEntry } from './stack-file.ts';

/** A MySQL or MariaDB of the stack. `user` is the administrator; `replicator` has Maxwell's three grants only. */
export interface SqlServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly replicator: { readonly user: string; readonly password: string };
  readonly version: string;
  /** Null for a server that the stack did not start. */
  readonly pid: number | null;
}

/** A Redis of the stack. */
export interface RedisNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number | null;
  readonly url: string;
}

/** A Kafka broker (and KRaft controller) of the stack. */
export interface KafkaNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number | null;
  readonly nodeId: number;
}

/** Where the servers that were asked for are. The single ones and the sets of three are separate servers. */
export interface StackInfo {
  readonly mysql?: SqlServer;
  readonly mariadb?: SqlServer;
  readonly redis: readonly RedisNode[];
  readonly redis3: readonly RedisNode[];
  readonly kafka: readonly KafkaNode[];
  readonly kafka3: readonly KafkaNode[];
  /** The folder that holds the servers' data and logs. */
  readonly dir: string;
}

/** Describes a SQL server of the stack's own. */
export function sqlServer(entry: ServerEntry, accounts: Accounts): SqlServer {
  return {
    host: HOST,
    port: entry.port,
    user: 'root',
    password: accounts.root,
    replicator: { user: 'maxwell', password: accounts.maxwell },
    version: entry.version ?? '',
    pid: entry.pid,
  };
}

/** Describes a Redis of the stack's own. */
export function redisNode(entry: ServerEntry): RedisNode {
  return {
    name: entry.name,
    host: HOST,
    port: entry.port,
    pid: entry.pid,
    url: `redis://${HOST}:${entry.port}`,
  };
}

/** Describes a broker of the stack's own. */
export function kafkaNode(entry: ServerEntry): KafkaNode {
  return { name: entry.name, host: HOST, port: entry.port, pid: entry.pid, nodeId: indexOf(entry.name) };
}
