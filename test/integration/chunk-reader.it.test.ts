import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGtidSet } from '../../src/model/parse-gtid-set.ts';
import { ChunkReader } from '../../src/snapshot/chunk-reader.ts';
import { hasReached, type StreamPlace } from '../../src/snapshot/stream-place.ts';
import { openBinlogBench, type BinlogBench } from '../support/binlog-bench.ts';

const DATABASE = 'heaviside_chunk_reader';

describe.each(['mysql', 'mariadb'] as const)('the reader of chunks from %s', (flavor) => {
  let bench: BinlogBench;
  let reader: ChunkReader;

  beforeAll(async () => {
    bench = await openBinlogBench(flavor, DATABASE, 4902);
    await bench.admin('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))');
    await bench.admin("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    const { address, identity } = bench;
    reader = await ChunkReader.open({ address, usesGtid: true, expectedIdentity: identity.id });
  });
  afterAll(async () => {
    reader.destroy();
    await bench.close();
  });

  const describeT = async () => {
    const table = await reader.describe({ database: DATABASE, table: 't' }, null);
    if (table === null) throw new Error('no table');
    return table;
  };

  /** Where the stream stands that has handed out one transaction more than the source has committed. */
  async function ahead(): Promise<StreamPlace> {
    const { gtids, coordinates } = await bench.now(true);
    const text = String(gtids);
    const next =
      flavor === 'mysql'
        ? `${bench.identity.id}:1-${Number(/(\d+)$/.exec(text.split(',').find((each) => each.startsWith(bench.identity.id)) ?? '')?.[1] ?? 0) + 1}`
        : text;
    if (coordinates === null) throw new Error('no binlog');
    const handed = { ...coordinates, offset: coordinates.offset + 1 };
    return { gtids: parseGtidSet(flavor, next), handed: flavor === 'mysql' ? null : handed, idle: null };
  }

  it('reads nothing before all that the stream has handed out is committed', async () => {
    const table = await describeT();
    const low = await ahead();
    let isRead = false;
    const reading = reader.read(table, { last: null, limit: 10, low }).then((chunk) => {
      isRead = true;
      return chunk;
    });
    await sleep(300);
    expect(isRead).toBe(false);
    await bench.admin("INSERT INTO t VALUES (3, 'c')");
    const { rows } = await reading;
    expect(rows.count).toBe(3);
  });

  it('gives a high mark that the stream has not reached before the rows that were read', async () => {
    const table = await describeT();
    const { gtids, coordinates } = await bench.now(true);
    await bench.admin("INSERT INTO t VALUES (4, 'd')");
    const { rows, high } = await reader.read(table, {
      last: ['3'],
      limit: 10,
      low: { gtids, handed: null, idle: null },
    });
    expect(rows.count).toBe(1);
    expect(hasReached({ gtids, handed: coordinates, idle: null }, high)).toBe(false);
    const after = await bench.now(true);
    expect(hasReached({ gtids: after.gtids, handed: null, idle: null }, high)).toBe(true);
    expect(hasReached({ gtids: null, handed: after.coordinates, idle: null }, high)).toBe(true);
  });

  it('refuses another server than the one that the stream is read from', async () => {
    const { address } = bench;
    await expect(
      ChunkReader.open({ address, usesGtid: true, expectedIdentity: 'another' }),
    ).rejects.toMatchObject({
      code: 'SOURCE_LOST',
    });
  });

  it('reads by file and offset too, and a quiet source after a new binlog file', async () => {
    const { address, identity } = bench;
    const byFile = await ChunkReader.open({ address, usesGtid: false, expectedIdentity: identity.id });
    try {
      await bench.admin('FLUSH BINARY LOGS');
      const { coordinates } = await bench.now(false);
      const table = await describeT();
      const place = { gtids: null, handed: null, idle: coordinates };
      const { rows, high } = await byFile.read(table, { last: null, limit: 10, low: place });
      expect(rows.count).toBe(4);
      expect(hasReached(place, high)).toBe(true);
    } finally {
      byFile.destroy();
    }
  });
});
