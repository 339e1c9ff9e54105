import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('cascade');
});

afterAll(() => place.close());

/** Since 9.6 MySQL carries cascades out above the storage engine, and logs their rows; MariaDB's InnoDB does it by itself. */
const logsCascades = (version: string): boolean => {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return !/mariadb/i.test(version) && (Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 6));
};

it.each(['mysql', 'mariadb'] as const)(
  'rows that a foreign key deletes by cascade are replicated where the source logs them (%s)',
  async (flavor) => {
    const database = `${place.name}_${flavor}`;
    await place.createDatabase(flavor, database);
    const config = place.config(flavor, place.replicator(flavor), database);
    const run = await place.lead(config);
    await place.sql(
      flavor,
      `CREATE TABLE ${database}.child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES ${database}.t (id) ON DELETE CASCADE)`,
      `INSERT INTO ${database}.t VALUES (1, 'parent')`,
      `INSERT INTO ${database}.child VALUES (10, 1)`,
      `DELETE FROM ${database}.t WHERE id = 1`,
      `INSERT INTO ${database}.t VALUES (2, 'the last')`,
    );
    const isLogged = logsCascades(place.server(flavor).version);
    const records = await place.read([config['kafka_topic'] ?? ''], isLogged ? 5 : 4);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    const changes = records.map(({ value }) => JSON.parse(value ?? '{}') as { type: string; table: string });
    const deleted = changes.filter(({ type }) => type === 'delete').map(({ table }) => table);
    expect(deleted.toSorted()).toEqual(isLogged ? ['child', 't'] : ['t']);
  },
);
