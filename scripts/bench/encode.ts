// What it costs to encode the bench's base case, with and without code of a table's own (src/encode/busy-tables.ts):
//   npm run bench:encode [-- --rounds N]
// The rows are read from the binlog once, then encoded again and again in memory, one way and the other in turns. Prints the
// time of a row in microseconds: the quickest hundredth of the transactions, where nothing else took the core, and the median.
import { parseArgs } from 'node:util';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import { parseGtidSet } from '../../src/model/parse-gtid-set.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { openBinlogBench } from '../../test/support/binlog-bench.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import { encodeAll } from './limits.ts';
import { LoadWriter } from './load.ts';
import { basePoint } from './plan.ts';
import { quantile } from './statistics.ts';

const ROWS = 10_000;
/** Rounds that are not counted: V8 still compiles. */
const WARM_ROUNDS = 20;

/** One way to encode, and what it took: microseconds a row, a figure a transaction. */
const way = (name: string, compileAfterRows: number) => ({
  name,
  encode: encodeAll(compileAfterRows),
  figures: [] as number[],
});

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '150' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
const { mysql } = await ensureStack({ mysql: true });
if (mysql === undefined) throw new Error('no mysql in the stack');
const writer = await LoadWriter.open(mysql);
const load = await writer.write('encode', { ...basePoint(ROWS).load, rows: ROWS });
const bench = await openBinlogBench('mysql', 'bench_encode', 48_153);
const from = { gtids: parseGtidSet('mysql', load.from.gtids), coordinates: null };
const stream = await bench.open(from, { decodeLabel, needsColumns: (name) => name === load.database });
const transactions: SourceTransaction[] = [];
while (transactions.length < load.transactions)
  transactions.push(...(await stream.take()).filter(({ hasRows }) => hasRows));
const ways = [way('without', Number.POSITIVE_INFINITY), way('own', 1)];
for (let round = 0; round < WARM_ROUNDS + rounds; round++) {
  if (round === WARM_ROUNDS) for (const { figures } of ways) figures.length = 0;
  for (const transaction of transactions) {
    for (const { encode, figures } of ways) {
      const startedAt = performance.now();
      await encode(transaction);
      figures.push(((performance.now() - startedAt) * 1000 * transactions.length) / ROWS);
    }
  }
}
for (const { name, figures } of ways) {
  const [quick, middle] = [0.01, 0.5].map((share) => quantile(figures, share).toFixed(2));
  process.stdout.write(`${name.padEnd(8)} quickest hundredth ${quick} µs a row, median ${middle} µs\n`);
}
await stream.close();
await bench.close();
await writer.close();
