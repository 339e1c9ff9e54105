import { describe, expect, it } from 'vitest';
import { adviseBatch } from '../../../src/plan/batch-plan.ts';
import { advisedPartitions, movedShare } from '../../../src/plan/partition-plan.ts';
import { RateMeter } from '../../../src/plan/rate-meter.ts';
import { adviseTopic } from '../../../src/plan/topic-advice.ts';

describe('partitions', () => {
  it.each([
    [{ throughput: 10_000, perPartition: 1000, consumers: 6 }, 10], // the worked example of the guide
    [{ throughput: 10_001, perPartition: 1000, consumers: 6 }, 11],
    [{ throughput: 3000, perPartition: 1000, consumers: 6 }, 6],
    [{ throughput: 0.1, perPartition: 1000, consumers: 1 }, 1],
  ])('%j: %d', (input, partitions) => expect(advisedPartitions(input)).toBe(partitions));

  it.each([
    [6, 10],
    [3, 12],
    [4, 6],
    [1, 7],
  ])('the keys that move from %d to %d are counted right', (from, to) => {
    let moved = 0;
    const keys = from * to * 10;
    for (let hash = 0; hash < keys; hash++) if (hash % from !== hash % to) moved++;
    expect(movedShare(from, to)).toBeCloseTo(moved / keys, 10);
  });
});

describe('batch and linger', () => {
  const input = { partitions: 10, recordBytes: 400, largestBytes: 2000, gatherMs: 100 };
  it('a busy partition fills batches while a commit is under way', () =>
    expect(adviseBatch({ ...input, throughput: 100_000 })).toMatchObject({
      batchBytes: 524_288,
      lingerMs: 0,
    }));
  it('a calmer one is worth a wait', () =>
    expect(adviseBatch({ ...input, throughput: 10_000 })).toMatchObject({
      batchBytes: 65_536,
      lingerMs: 41,
    }));
  it('a quiet one is not', () =>
    expect(adviseBatch({ ...input, throughput: 100 })).toMatchObject({ batchBytes: 16_384, lingerMs: 0 }));
  it('the largest record fits', () =>
    expect(adviseBatch({ ...input, throughput: 100, largestBytes: 3_000_000 }).batchBytes).toBe(4_194_304));
});

describe('measured', () => {
  /** 100 records/s for a minute, 300/s in its third ten seconds; one in four on partition 1. */
  function meter(seconds = 60): RateMeter {
    const made = new RateMeter();
    for (let second = 0; second < seconds; second++)
      for (let i = 0; i < (second >= 20 && second < 30 ? 300 : 100); i++)
        made.add({
          table: i % 10 === 0 ? 'a.y' : 'a.x',
          partition: i % 4 === 0 ? 1 : 0,
          seconds: 1e9 + second,
          bytes: 200,
        });
    return made;
  }
  const choices = { perPartition: 60, consumers: 2, gatherMs: 100 };

  it('the busiest ten seconds count', () => {
    const advice = adviseTopic({ topic: 't', partitions: 2, meter: meter() }, choices);
    expect(advice).toMatchObject({
      throughput: 300,
      partitions: 5,
      currentPartitions: 2,
      recordBytes: 200,
      seconds: 60,
    });
    expect(advice?.meanThroughput).toBeCloseTo(8000 / 60, 6);
    expect(advice?.tables.map(({ table, records }) => [table, records])).toEqual([
      ['a.x', 7200],
      ['a.y', 800],
    ]);
    expect(advice?.byPartition.map(({ partition, records }) => [partition, records])).toEqual([
      [0, 6000],
      [1, 2000],
    ]);
    expect(advice?.warnings.join()).toMatch(
      /from 2 to 5 partitions about 80 % of the keys go to another partition/,
    );
  });

  it('a partition that gets most is told', () => {
    const { warnings = [] } = adviseTopic({ topic: 't', partitions: 3, meter: meter() }, choices) ?? {};
    expect(warnings.join()).toContain('partition 0 gets 75 % of all records');
  });

  it('too little gives none', () => {
    expect(adviseTopic({ topic: 't', partitions: 2, meter: meter(29) }, choices)).toBeNull();
    const few = new RateMeter();
    for (let i = 0; i < 999; i++) few.add({ table: 't', partition: 0, seconds: i, bytes: 1 });
    expect(adviseTopic({ topic: 't', partitions: 2, meter: few }, choices)).toBeNull();
  });
});
