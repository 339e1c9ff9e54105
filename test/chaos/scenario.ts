import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import type { Flavor } from '../support/load-table.ts';
import type { RedisProcess } from '../support/redis-process.ts';
import type { Ground } from './ground.ts';

/** What a scenario has for itself beside the stack, made before the place. */
export interface OwnServers {
  readonly source?: SqlServer;
  readonly redis?: RedisProcess;
  readonly redisUrl?: string;
  close(): Promise<void>;
}

/** A fault and what must come of it (docs/design/chaos.md). */
export interface Scenario {
  /** The number by which it is chosen: `1`, `5a`. */
  readonly id: string;
  readonly name: string;
  /** Default 1; 3: a cluster with replication factor 3 and min.insync.replicas 2. */
  readonly brokers?: 1 | 3;
  /** Options of the replicas beside the usual ones. */
  readonly config?: Readonly<Record<string, string>>;
  readonly rowsPerSecond?: number;
  readonly hasDdl?: boolean;
  /** About so many rows are in the tables before the replicas start, a fifth of it in the short version; default none. */
  readonly rowsBefore?: number;
  /** How many rounds make the scenario whole. */
  readonly rounds: number;
  readonly servers?: (flavor: Flavor) => Promise<OwnServers>;
  /** Starts the replicas and does what is to be borne; the round heals, waits and checks. */
  readonly run: (ground: Ground) => Promise<void>;
}
