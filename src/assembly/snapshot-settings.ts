import type { Config } from '../config/config.ts';
import { TablePlan } from '../encode/table-plan.ts';
import type { LeadershipOptions } from '../leadership-options.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Log } from '../observability/log.ts';
import type { ReplicaState } from '../replica-state.ts';
import type { RequestStore } from '../snapshot/request-store.ts';
import { initialProgress } from '../snapshot/snapshot-request.ts';
import { Snapshots } from '../snapshot/snapshots.ts';
import { TableFilter } from '../transform/table-filter.ts';
import { encodeOptions } from './encode-settings.ts';
import type { BinlogPort } from './source-port.ts';

/** What a leadership needs of snapshots: what a new cluster begins with, and what reads them beside one stream after the other. */
export function snapshotSettings(
  { state, log }: { readonly state: ReplicaState; readonly log: Log },
  config: Config,
  source: Pick<BinlogPort, 'openChunkReader' | 'openBootstrapTable'>,
  requests: RequestStore | null,
): Pick<LeadershipOptions, 'firstSnapshot' | 'openSnapshots'> {
  const filter = new TableFilter(config.filter);
  const tables = new TableFilter(config.snapshot.tables);
  const options = encodeOptions(config);
  const includes = (rules: TableFilter, database: string, table: string): boolean =>
    rules.verdict(database, table, []).kind !== 'exclude';
  const { bootstrap } = config.snapshot;
  const said = new Set<string>();
  return {
    firstSnapshot: () => (config.snapshot.isInitial ? initialProgress(Date.now()) : null),
    openSnapshots: (from) =>
      new Snapshots(
        {
          progress: from.snapshot ?? null,
          openReader: () => source.openChunkReader(from.gtidSet !== null),
          createPlan: (table) => new TablePlan(table, filter, options),
          isStreamed: ({ database, table }) => includes(filter, database, table),
          isIncluded: ({ database, table }) =>
            includes(filter, database, table) && includes(tables, database, table),
          asInserts: config.snapshot.asInserts,
          rowsPerSecond: config.snapshot.maxRowsPerSecond,
          maxLagSeconds: config.snapshot.maxLagSeconds,
          lagSeconds: () => state.lagSeconds(),
          stats: state.snapshots,
          backoff: new Backoff({ initialMs: 100, multiplier: 2, maxMs: 5000, jitter: 0.2 }),
          log,
        },
        requests,
        bootstrap && {
          open: () => source.openBootstrapTable(bootstrap.database),
          mayWrite: bootstrap.isWritten,
          said,
          log,
        },
      ),
  };
}
