import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBenchOptions } from '../../../scripts/bench/bench-options.ts';
import { hottestFunctions } from '../../../scripts/bench/cpu-profile.ts';
import { goals, type PeerSummary } from '../../../scripts/bench/goal.ts';
import { transactionsOf, type LoadShape } from '../../../scripts/bench/load.ts';
import { allPoints } from '../../../scripts/bench/plan.ts';
import { nodeFlags } from '../../../scripts/bench/peers/heaviside-peer.ts';
import { speedOf, steadySpeedOf } from '../../../scripts/bench/replay.ts';
import { figureOf, growthExponent, median, quantile } from '../../../scripts/bench/statistics.ts';
import { barPlot, linearTicks, linePlot, tickLabel } from '../../../scripts/bench/svg-plot.ts';

describe('statistics', () => {
  it('gives medians, quantiles by nearest rank, and the spread', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile([7], 0.99)).toBe(7);
    expect(figureOf([5, 9, 6])).toEqual({ median: 6, least: 5, most: 9, runs: 3 });
  });

  it('finds the exponent of a power law', () => {
    const points = (exponent: number): [number, number][] =>
      [1, 3, 10, 70].map((x) => [x, 4 * x ** exponent]);
    expect(growthExponent(points(1))).toBeCloseTo(1);
    expect(growthExponent(points(0))).toBeCloseTo(0);
    expect(growthExponent(points(2))).toBeCloseTo(2);
    expect(growthExponent([[5, 1]])).toBeNaN();
  });
});

describe('a load', () => {
  const shape: LoadShape = {
    operation: 'insert',
    shape: { columns: 8, textBytes: 0 },
    tables: 1,
    rows: 12_500,
    rowsPerTransaction: 1000,
  };
  const rowsIn = (statement: string): number => {
    const [, from, to] = /id BETWEEN (\d+) AND (\d+)$/.exec(statement) ?? [];
    return Number(to) - Number(from) + 1;
  };
  const sum = (statements: readonly string[]): number =>
    statements.reduce((total, statement) => total + rowsIn(statement), 0);

  it.each([
    [{}, 13],
    [{ rowsPerTransaction: 1, rows: 30 }, 30],
    [{ rowsPerTransaction: 12_500 }, 1],
    [{ rowsPerTransaction: 7 }, 1786],
    [{ operation: 'update' }, 13],
    [{ operation: 'delete', tables: 3 }, 13],
    [{ tables: 1000 }, 13],
    [{ shape: { columns: 2, textBytes: 1_000_000 }, rows: 120, rowsPerTransaction: 10 }, 12],
  ] satisfies [Partial<LoadShape>, number][])(
    'has every row once, in transactions of the size asked for: %o',
    (changed, count) => {
      const load = { ...shape, ...changed };
      const tables = Array.from({ length: load.tables }, (_, index) => `t${index}`);
      const transactions = transactionsOf(load, 'd', tables);
      expect(transactions.length).toBe(count);
      expect(sum(transactions.flat())).toBe(load.rows);
      for (const statements of transactions.slice(0, -1))
        expect(sum(statements)).toBe(load.rowsPerTransaction);
    },
  );

  it('is shared by points that differ in their settings alone, and each point differs in one thing', () => {
    const points = allPoints(100_000);
    const loads = new Map<string, unknown>();
    for (const { loadName, load } of points) {
      if (loads.has(loadName)) expect(load).toEqual(loads.get(loadName));
      loads.set(loadName, load);
    }
    expect(new Set(points.map(({ factor, label }) => `${factor} ${label}`)).size).toBe(points.length);
    for (const { loadName } of points) expect(`bench_${loadName}`).toMatch(/^\w{1,64}$/);
  });
});

describe('the speed of a run', () => {
  it('is that of the warm part, with markers spread over the rows', () => {
    const sample = (atMs: number, offsets: number, cpuMicros: number) => ({ atMs, offsets, cpuMicros });
    const samples = [
      sample(0, 0, 0),
      sample(1000, 440, 9000),
      sample(2000, 770, 9990),
      sample(3000, 1100, 10_980),
    ];
    const { rowsPerSecond, cpuMicrosPerRow } = speedOf(samples, 1000, { from: 0.4, to: 1 });
    expect(rowsPerSecond).toBeCloseTo(300);
    expect(cpuMicrosPerRow).toBeCloseTo(3.3);
    expect(speedOf(samples, 1000, { from: 0, to: 1 }).cpuMicrosPerRow).toBeCloseTo(10.98);
    expect(speedOf(samples, 1000, { from: 0.4, to: 0.7 }).cpuMicrosPerRow).toBeCloseTo(3.3);
    expect(speedOf(samples, 1000, { from: 0.4, to: 0.7 }).rowsPerSecond).toBeCloseTo(300);
  });

  it('is refused where everything came at once', () => {
    expect(() => speedOf([{ atMs: 0, offsets: 1000, cpuMicros: 5 }], 1000, { from: 0, to: 1 })).toThrow(
      'too short',
    );
  });
});

describe('the speed that peers are compared by', () => {
  const run = (samples: number, costOf: (sample: number) => number) => {
    let cpuMicros = 0;
    return Array.from({ length: samples + 1 }, (_, sample) => {
      cpuMicros += sample === 0 ? 0 : costOf(sample) * (1000 / samples);
      return { atMs: sample * 10, offsets: (1000 / samples) * sample, cpuMicros };
    });
  };

  it('is that of 40 % to 80 % of the rows: neither what warms up nor what ends the run counts', () => {
    const samples = run(100, (sample) => (sample <= 40 ? 50 : sample <= 80 ? 5 : 1));
    expect(steadySpeedOf(samples, 1000)?.cpuMicrosPerRow).toBeCloseTo(5);
    expect(steadySpeedOf(samples, 1000)?.rowsPerSecond).toBeCloseTo(1000);
  });

  it('is not told where a handful of commits would tell it', () => {
    expect(
      steadySpeedOf(
        run(15, () => 5),
        1000,
      ),
    ).toBeNull();
    expect(steadySpeedOf([], 1000)).toBeNull();
  });
});

describe('the flags of Node', () => {
  it('are those of the image too', () => {
    const flags = nodeFlags();
    expect(flags).not.toEqual([]);
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    const entrypoint = /^ENTRYPOINT (.*)$/mu.exec(dockerfile)?.[1] ?? '';
    expect(JSON.parse(entrypoint)).toEqual(['node', ...flags, '/opt/heaviside/dist/main.js']);
  });
});

describe('the goals', () => {
  const heaviside: PeerSummary = {
    rowsPerSecond: 100_000,
    cpuMicrosPerRow: 5,
    peakRssMb: 200,
    p50Ms: 5,
    p99Ms: 20,
  };
  const debezium: PeerSummary = {
    rowsPerSecond: 20_000,
    cpuMicrosPerRow: 60,
    peakRssMb: 800,
    p50Ms: 300,
    p99Ms: 500,
  };
  const input = {
    heaviside,
    debezium,
    latency: [{ rate: 500, p50: 10, p99: 100 }],
    peaks: [{ label: 'base', mb: 200 }],
  };
  const missed = (changed: Partial<typeof input>): number =>
    goals({ ...input, ...changed }).filter(({ isMet }) => !isMet).length;

  it('are met at their limits, and each is missed beyond it', () => {
    expect(missed({})).toBe(0);
    expect(missed({ heaviside: { ...heaviside, rowsPerSecond: 99_000 } })).toBe(1);
    expect(missed({ heaviside: { ...heaviside, cpuMicrosPerRow: 6.1 } })).toBe(1);
    expect(missed({ heaviside: { ...heaviside, p50Ms: 10.1, p99Ms: 51 } })).toBe(2);
    expect(
      missed({
        peaks: [
          { label: 'one', mb: 200 },
          { label: 'other', mb: 257 },
        ],
      }),
    ).toBe(1);
    expect(missed({ latency: [{ rate: 500, p50: 10, p99: 101 }] })).toBe(1);
    expect(missed({ heaviside: { ...heaviside, p99Ms: NaN } })).toBe(1);
  });
});

describe('a plot', () => {
  it('has round ticks from zero, and short labels', () => {
    expect(linearTicks(97)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(linearTicks(3.2)).toEqual([0, 1, 2, 3, 4]);
    expect([0, 0.25, 12, 1500, 250_000, 1_000_000].map(tickLabel)).toEqual([
      '0',
      '0.25',
      '12',
      '1.5k',
      '250k',
      '1M',
    ]);
  });

  it('is well-formed, escapes its texts and keeps within its frame', () => {
    const texts = { title: 'a < b & "c"', x: 'x', y: 'y' };
    const points = [1, 10, 1000].map((x) => ({ x, y: x * 3, least: x, most: x * 4 }));
    for (const svg of [
      linePlot(texts, [{ name: 's', points }]),
      barPlot(texts, ['g'], [{ name: 's', points: [{ x: 0, y: 5 }] }]),
    ]) {
      expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      for (const [, y] of svg.matchAll(/ y="(-?[\d.]+)"/g)) expect(Number(y)).toBeLessThanOrEqual(360);
    }
  });
});

it('the hottest functions of a profile are those with the most time of their own, without the idle time', () => {
  const frame = (id: number, functionName: string) => ({
    id,
    callFrame: { functionName, url: `file:///a/${functionName}.js`, lineNumber: 1 },
  });
  const profile = {
    nodes: [frame(1, 'start'), frame(2, 'hot'), frame(3, '(idle)'), frame(4, 'warm')],
    samples: [1, 2, 3, 2, 4],
    timeDeltas: [1000, 300, 5000, 300, 200],
  };
  expect(hottestFunctions(profile, 2, 1100)).toEqual([
    { name: 'hot', file: 'hot.js', share: 600 / 800 },
    { name: 'warm', file: 'warm.js', share: 200 / 800 },
  ]);
});

it('reads its options, and refuses what makes no sense', () => {
  expect(readBenchOptions(['--quick', '--json'], {})).toMatchObject({
    isQuick: true,
    isJson: true,
    runs: 3,
    rows: 500_000,
  });
  expect(readBenchOptions([], { MAXWELL_HOME: '/opt/maxwell' })?.maxwellHome).toBe('/opt/maxwell');
  expect(readBenchOptions(['--help'], {})).toBeNull();
  expect(() => readBenchOptions(['--runs', '0'], {})).toThrow('--runs takes a whole number above 0');
  expect(() => readBenchOptions(['--quick', '--write'], {})).toThrow('--write needs the whole bench');
});
