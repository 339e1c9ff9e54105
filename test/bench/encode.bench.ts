/** Rows/s from row images to keys and JSON bytes, on one thread: `npx tsx test/bench/encode.bench.ts`. */
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { ByteSink } from '../../src/model/byte-sink.ts';
import type { RecordSink } from '../../src/model/record-sink.ts';
import {
  column,
  image,
  int32,
  int64,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../support/row-image-bytes.ts';

const ROWS = 20_000;
const SECONDS = 3;

const items = table([
  column('id', 8),
  column('customer', 3),
  column('state', 247, { metadata: 0xf701, collation: 255, labels: ['new', 'paid', 'sent'] }),
  column('price', 246, { metadata: (12 << 8) | 2 }),
  column('name', 15, { metadata: 400, collation: 255 }),
  column('attributes', 245, { metadata: 4 }),
  column('created', 18),
  column('changed', 17),
]);

/** `{"a":1,"color":"green"}` as MySQL stores it. */
const attributes = Buffer.from('0002001e0012000100130005000501000c1800', 'hex');
const document = Buffer.concat([attributes, Buffer.from('acolor'), Buffer.from([5]), Buffer.from('green')]);

function row(index: number): Buffer {
  return image(
    int64(BigInt(1_000_000 + index)),
    int32(index * 7),
    Buffer.from([1 + (index % 3)]),
    Buffer.from([0x80, 0x00, 0x00, index & 0x3f, 0xd2, 0x22]),
    prefixed(2, `a name of some length ${index}`),
    prefixed(4, document),
    Buffer.from('99b4c6e3a5', 'hex'),
    Buffer.from('6553f100', 'hex'),
  );
}

/** A sink that starts over when it holds 8 MiB. */
class DiscardingSink implements RecordSink {
  readonly out = new ByteSink(16 * 1024 * 1024);
  bytes = 0;
  partitionCount(): number {
    return 4;
  }
  prepareTopic(): Promise<void> {
    return Promise.resolve();
  }
  beginTransaction(): void {}
  beginRecord(): ByteSink {
    if (this.out.position > 8 * 1024 * 1024) {
      this.bytes += this.out.position;
      this.out.reset();
    }
    return this.out;
  }
  endKey(): void {}
  endRecord(): void {}
  isFull(): boolean {
    return false;
  }
}

async function measure(label: string, rowsPerTransaction: number): Promise<void> {
  const rows = Buffer.concat(
    Array.from({ length: Math.min(100, rowsPerTransaction) }, (_, index) => row(index)),
  );
  const eventCount = Math.ceil(rowsPerTransaction / 100);
  const events = Array.from({ length: eventCount }, () => rowsEvent('insert', { table: items, rows }));
  const source = transaction([events]);
  const encoder = new TransactionEncoder(defaultEncodeOptions);
  const sink = new DiscardingSink();
  let count = 0;
  const run = async (seconds: number): Promise<number> => {
    count = 0;
    const start = performance.now();
    while (performance.now() - start < seconds * 1000) {
      for (let i = 0; i < ROWS / rowsPerTransaction; i++) {
        const result = await encoder.encode(source, sink).next();
        if (result.done === true) count += result.value.written.insert;
      }
    }
    return (performance.now() - start) / 1000;
  };
  await run(1);
  sink.bytes = 0;
  const cpu = process.cpuUsage();
  const seconds = await run(SECONDS);
  const { user, system } = process.cpuUsage(cpu);
  const cpuPerRow = (user + system) / count;
  console.log(
    `${label}: ${Math.round(count / seconds).toLocaleString('en')} rows/s, ${cpuPerRow.toFixed(2)} µs CPU/row, ${(sink.bytes / count).toFixed(0)} bytes/row`,
  );
}

const sample = new DiscardingSink();
await new TransactionEncoder(defaultEncodeOptions)
  .encode(transaction([[rowsEvent('insert', { table: items, rows: row(1) })]]), sample)
  .next();
console.log(sample.out.view().toString());
await measure('1,000 rows a transaction', 1000);
await measure('1 row a transaction', 1);
