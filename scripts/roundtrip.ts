import { parseArgs } from 'node:util';
import { ProductPlace } from '../test/support/product-place.ts';
import { compareNumberTexts } from '../test/support/java/number-texts.ts';
import { RoundTrip } from '../test/support/roundtrip/round-trip.ts';

/*
 * `npm run test:roundtrip`: random tables of every type through the whole product into Kafka, compared with what the
 * source's SELECT says; then random numbers beside Java. Prints the seed and the counts; ends with exit 1 at the first
 * difference.
 */

const USAGE = `usage: npm run test:roundtrip -- [--rows N] [--seed N] [--only mysql|mariadb] [--table N]
  --rows N    row changes on each server; default 100000
  --seed N    makes a run again; default: the time
  --only S    one server
  --table N   only the table of this number, as a failed run names it
`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    table: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const ROWS_A_TABLE = 1000;
/** Texts of each kind of number that are compared with Java's. */
const NUMBERS = 100_000;
const rows = Number(values.rows ?? 100_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const flavors = (['mysql', 'mariadb'] as const).filter(
  (flavor) => values.only === undefined || values.only === flavor,
);
if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(seed) || flavors.length === 0) {
  process.stderr.write(USAGE);
  process.exit(1);
}

const place = await ProductPlace.open('roundtrip');
try {
  for (const flavor of flavors) {
    const startedAt = performance.now();
    const trip = await RoundTrip.open(place, flavor, seed);
    try {
      process.stdout.write(`${flavor}: seed ${seed}\n`);
      let index = Number(values.table ?? 0);
      do {
        await trip.table(index++, ROWS_A_TABLE);
        if (index % 10 === 0)
          process.stderr.write(`[roundtrip] ${flavor}: ${trip.changes} of ${rows} rows, ${index} tables\n`);
      } while (values.table === undefined && trip.changes < rows);
    } finally {
      process.stdout.write(
        `${flavor}: ${JSON.stringify(trip.counts)}, ${Math.round((performance.now() - startedAt) / 1000)} s\n`,
      );
      await trip.close();
    }
  }
  process.stdout.write('every row as the source has it\n');
  if (values.only === undefined && values.table === undefined)
    process.stdout.write(
      `texts as Java has them: ${JSON.stringify(await compareNumberTexts(seed, NUMBERS))}\n`,
    );
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await place.close();
}
