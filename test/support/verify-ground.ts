import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { Progress } from '../../src/verify/progress.ts';
import type { TableResult } from '../../src/verify/table-result.ts';
import type { VerifyChoices } from '../../src/verify/verify-table.ts';
import { verifyTables } from '../../src/verify/verify-tables.ts';
import type { Flavor } from './load-table.ts';
import { MemoryLog } from './memory-log.ts';
import type { ProductPlace } from './product-place.ts';
import type { ProductRun } from './product-run.ts';
import { propertiesText } from './replica-process.ts';

const choices: VerifyChoices = {
  where: null,
  max: null,
  created: null,
  isComplete: false,
  locks: false,
  show: 20,
  timeoutMs: 60_000,
  progress: new Progress(null),
};

/** A database that one running product replicates, and comparisons of its tables with their topics. */
export class VerifyGround {
  readonly database: string;
  readonly file: string;
  readonly run: ProductRun;
  readonly #place: ProductPlace;
  readonly #flavor: Flavor;

  private constructor(
    place: ProductPlace,
    flavor: Flavor,
    parts: { database: string; file: string; run: ProductRun },
  ) {
    this.#place = place;
    this.#flavor = flavor;
    this.database = parts.database;
    this.file = parts.file;
    this.run = parts.run;
  }

  /** @param changed options besides those of ProductPlace.config; a fixed topic gets three partitions */
  static async open(
    place: ProductPlace,
    flavor: Flavor,
    changed: Readonly<Record<string, string>> = {},
  ): Promise<VerifyGround> {
    const id = `${flavor}${Object.values(changed).join('').replaceAll(/\W/g, '').slice(0, 12)}`;
    const database = `${place.name}_${id}`;
    await place.createDatabase(flavor, database);
    // What is compared waits for the position, and that for the heartbeat where others write.
    const config = place.config(id, place.replicator(flavor), database, {
      position_heartbeat_ms: '500',
      ...changed,
    });
    const topic = config['kafka_topic'] ?? '';
    if (!topic.includes('%')) await place.createTopic(topic, 3);
    const file = join(place.dir, `${id}.properties`);
    writeFileSync(file, propertiesText(config), { mode: 0o600 });
    return new VerifyGround(place, flavor, { database, file, run: await place.lead(config) });
  }

  /** Runs statements in the database. */
  async sql(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    return this.#place.sql(this.#flavor, `USE ${this.database}`, ...statements);
  }

  /** Statements that do not reach the binlog: what they do looks like a fault of the replication. */
  async unlogged(...statements: readonly string[]): Promise<void> {
    await this.sql('SET SESSION sql_log_bin = 0', ...statements, 'SET SESSION sql_log_bin = 1');
  }

  async verify(table: string, changed: Partial<VerifyChoices> = {}): Promise<TableResult> {
    const { config } = loadConfig({
      argv: ['--config', this.file],
      env: {},
      readFile: (path) => readFileSync(path, 'utf8'),
    });
    const all = { ...choices, ...changed, log: new MemoryLog() };
    for await (const result of verifyTables(config, [[this.database, table]], all)) return result;
    throw new Error('no result');
  }
}
