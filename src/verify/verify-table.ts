import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceAddress } from '../binlog/mysql-client.ts';
import { peekLastPosition } from '../checkpoint/positions-topic.ts';
import type { Config } from '../config/config.ts';
import { HeavisideError } from '../errors.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import type { Comparison } from './comparison.ts';
import { DifferenceList } from './difference-list.ts';
import { KeyedComparison } from './keyed-comparison.ts';
import { KeylessComparison } from './keyless-comparison.ts';
import { MaxValue } from './max-value.ts';
import type { Progress } from './progress.ts';
import { RowChangeReader } from './row-change.ts';
import { readCommitted, takeSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts';
import { sourceRows } from './source-rows.ts';
import type { SourceSession } from './source-session.ts';
import { withTableLock } from './table-lock.ts';
import { readTableColumns, type VerifiedTable } from './table-columns.ts';
import type { TableResult } from './table-result.ts';
import { TopicHistory } from './topic-history.ts';
import { refuseFilteredRows, topicsOf } from './verified-topics.ts';

/** What the command's flags choose. */
export interface VerifyChoices {
  /** --where: an expression in SQL; null: all rows. */
  readonly where: string | null;
  /** --max: a column's name. */
  readonly max: string | null;
  /** --created: a column's name. */
  readonly created: string | null;
  /** --complete: the topic holds the table from its first row on. */
  readonly isComplete: boolean;
  readonly locks: boolean;
  /** --show: how many differences are told one by one. */
  readonly show: number;
  /** --timeout: milliseconds without progress. */
  readonly timeoutMs: number;
  readonly progress: Progress;
}

export interface VerifyOptions extends VerifyChoices {
  readonly config: Config;
  readonly network: KafkaNetwork;
  readonly session: SourceSession;
  readonly address: SourceAddress;
  readonly usesGtid: boolean;
}

/** A transaction on the table that is being committed just then makes a snapshot useless: so many are tried. */
const MOST_SNAPSHOTS = 40;
const POSITION_POLL_MS = 100;
/** More changed and extra rows than these are not looked up for --max. */
const MOST_LOOKED_UP = 10_000;

/** Compares one table with its topics, exactly at one snapshot of the source. */
export async function verifyTable(
  options: VerifyOptions,
  database: string,
  name: string,
): Promise<TableResult> {
  const startedAt = performance.now();
  const { config, network, session, usesGtid, progress } = options;
  const { flavor } = session.identity;
  const table = await readTableColumns(session.query, flavor, { database, name, output: config.output });
  refuseFilteredRows(
    config,
    database,
    name,
    table.columns.map((column) => column.name),
  );
  const max = options.max === null ? null : MaxValue.of(table, options.max);
  const comparison: Comparison =
    table.key.length === 0
      ? keyless(config, table)
      : new KeyedComparison({
          table,
          expectedRows: table.estimatedRows,
          mayRepeat: config.producer.delivery === 'at_least_once',
        });
  const topics = topicsOf(config, database, name);
  const history = new TopicHistory({
    network,
    topics,
    flavor,
    usesGtid,
    reader: new RowChangeReader(table, config.output.hasNulls),
    fold: (record) => comparison.fold(record),
    patienceMs: options.timeoutMs,
    progress,
  });
  await history.open();
  const locked = options.locks ? withTableLock(options.address, database, name) : null;
  const snapshots: SnapshotOptions = { session, usesGtid, locked };
  await history.advance(await readCommitted(snapshots));
  try {
    const { snapshot, tries } = await clearSnapshot(options, snapshots, history);
    const found = await compareRows(options, { table, comparison, history, max });
    return {
      table: `${database}.${name}`,
      position: snapshot.position,
      topics,
      isWholeTopic: history.isWhole,
      records: comparison.records,
      snapshots: tries,
      ...found,
      seconds: (performance.now() - startedAt) / 1000,
      at: new Date().toISOString(),
    };
  } finally {
    await session.query('ROLLBACK').catch(() => undefined);
  }
}

function keyless(config: Config, table: VerifiedTable): Comparison {
  if (config.producer.delivery === 'at_least_once')
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      `${table.database}.${table.name} has no primary key, and under at_least_once its records may come twice`,
    );
  return new KeylessComparison(table);
}

/** Takes snapshots until one cuts no transaction on the table in half, and reads the topics up to it. */
async function clearSnapshot(
  options: VerifyOptions,
  snapshots: SnapshotOptions,
  history: TopicHistory,
): Promise<{ snapshot: Snapshot; tries: number }> {
  for (let tries = 1; tries <= MOST_SNAPSHOTS; tries++) {
    const snapshot = await takeSnapshot(snapshots);
    await reach(options, snapshot);
    await history.advance((at) => snapshot.side(at) === 'inside');
    if (history.settle(snapshot) === 0) return { snapshot, tries };
    await options.session.query('ROLLBACK');
  }
  throw new HeavisideError(
    'VERIFY_IMPOSSIBLE',
    `the table is written so often that each of ${MOST_SNAPSHOTS} snapshots fell into a commit: use --lock, which stops its writers for some milliseconds`,
  );
}

/** Waits until everything that the snapshot may hold is in Kafka. */
async function reach(
  { config, network, timeoutMs, progress }: VerifyOptions,
  snapshot: Snapshot,
): Promise<void> {
  let movedAt = performance.now();
  let last = '';
  progress.begin(`waiting until Kafka has ${snapshot.position.slice(-60)}`, 's', null);
  for (;;) {
    const record = await peekLastPosition(network, config.position.topic, timeoutMs);
    if (!record)
      throw new HeavisideError(
        'VERIFY_NOT_REACHED',
        `there is no position in ${config.position.topic}: the cluster never started`,
      );
    if (snapshot.isReached(record)) return progress.end();
    const place = `${record.gtidSet} ${record.file}:${record.offset}`;
    const now = performance.now();
    if (place !== last) movedAt = now;
    last = place;
    if (now - movedAt > timeoutMs)
      throw new HeavisideError(
        'VERIFY_NOT_REACHED',
        `the cluster's position has not moved for ${Math.round(timeoutMs / 1000)} s, and is before the snapshot (${snapshot.position})`,
      );
    await sleep(POSITION_POLL_MS);
    progress.add(POSITION_POLL_MS / 1000);
  }
}

interface Sides {
  readonly table: VerifiedTable;
  readonly comparison: Comparison;
  readonly history: TopicHistory;
  readonly max: MaxValue | null;
}

type Found = Omit<
  TableResult,
  'table' | 'position' | 'topics' | 'isWholeTopic' | 'records' | 'snapshots' | 'seconds' | 'at'
>;

/** Every row of the snapshot against the fold, then what is left of the fold. */
async function compareRows(options: VerifyOptions, sides: Sides): Promise<Found> {
  const { session, where, progress, config } = options;
  const { table, comparison, history, max } = sides;
  const { nullsZeroDates } = config.output;
  const all = table.columns.map((_, index) => index);
  const list = new DifferenceList(table, history, options.show);
  const since = comparison.firstSeconds;
  const created = options.created !== null && since !== null ? { column: options.created, since } : null;
  const topicMax = max && options.max !== null ? MaxValue.of(table, options.max) : null;
  const count = { source: 0, matched: 0, changed: 0, missing: 0, extra: 0 };
  const never = { older: 0, between: 0, newer: 0, unknown: 0 };
  let lookedUp = 0;
  const lookUp = async (at: { place: number; offset: number }): Promise<void> => {
    if (topicMax && ++lookedUp <= MOST_LOOKED_UP)
      topicMax.add((await history.readAgain(at.place, at.offset))?.row[topicMax.column]);
  };

  progress.begin(
    `comparing ${table.database}.${table.name}`,
    'rows',
    where === null ? table.estimatedRows : null,
  );
  for await (const { row, isNew } of sourceRows(session, table, {
    columns: all,
    where,
    created,
    nullsZeroDates,
  })) {
    count.source++;
    progress.add(1);
    max?.add(max && row[max.column]);
    const finding = comparison.compare(row);
    if (finding.kind === 'equal') {
      count.matched++;
      topicMax?.add(row[topicMax.column]);
    } else if (finding.kind === 'changed') {
      count.changed++;
      list.add('changed', row, finding.at);
      await lookUp(finding.at);
    } else if (finding.kind === 'missing') {
      count.missing++;
      list.add('missing', row, finding.at);
    } else {
      const why = options.isComplete || isNew === true ? 'newer' : finding.why;
      never[why]++;
      if (why !== 'older' && why !== 'unknown') list.add(why === 'newer' ? 'missing' : 'between', row, null);
    }
  }
  if (where !== null && comparison.mayLeaveOut) {
    const columns = table.key.length === 0 ? all : table.key;
    progress.begin('looking at the rows that --where leaves out', 'rows', table.estimatedRows);
    for await (const { row } of sourceRows(session, table, {
      columns,
      where,
      isLeftOut: true,
      nullsZeroDates,
    })) {
      progress.add(1);
      comparison.leaveOut(row);
    }
  }
  for (const { at } of comparison.extra()) {
    count.extra++;
    list.add('extra', null, at);
    await lookUp(at);
  }
  progress.end();

  // Without an older row the topic begins with the table, or all older ones are deleted: the first seconds belong to it.
  const areFirstCovered = never.older === 0;
  const missing = count.missing + never.newer + (areFirstCovered ? never.between : 0);
  return {
    isEqual: count.changed + missing + count.extra === 0,
    sourceRows: count.source,
    topicRows: count.matched + count.changed + count.extra,
    matchedRows: count.matched,
    mismatchedRows: count.changed,
    missingRows: missing,
    extraRows: count.extra,
    notCoveredRows: never.older + never.unknown + (areFirstCovered ? 0 : never.between),
    max:
      max && topicMax && options.max !== null
        ? { column: options.max, source: max.value, topic: lookedUp > MOST_LOOKED_UP ? null : topicMax.value }
        : null,
    uncomparedColumns: Object.fromEntries(
      table.columns.flatMap(({ name }, index) => {
        const rows = comparison.uncompared[index] ?? 0;
        return rows > 0 ? [[name, rows]] : [];
      }),
    ),
    differences: await list.describe(areFirstCovered),
  };
}
