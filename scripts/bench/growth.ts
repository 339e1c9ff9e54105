import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './measure.ts';
import { baseOnAxis, growthFactors, type Factor } from './plan.ts';
import type { BenchResults } from './report.ts';
import { growthExponent, type Figure } from './statistics.ts';
import { barPlot, linePlot, type Series } from './svg-plot.ts';

/** Heaviside's points on the axis of a factor, the base case among them where it stands on it. */
function pointsOf(
  measured: readonly Measured[],
  factor: Factor,
): readonly { x: number; measured: Measured }[] {
  return measured
    .filter(({ peer, factor: its }) => peer === 'heaviside' && (its === factor || its === 'base'))
    .flatMap((each) => {
      const x = each.factor === 'base' ? (baseOnAxis[factor] ?? null) : each.x;
      return x === null ? [] : [{ x, measured: each }];
    })
    .sort((one, other) => one.x - other.x);
}

const factors = Object.keys(growthFactors) as Factor[];

/** How CPU a row grows along each axis, as a table. */
export function growthTable(measured: readonly Measured[]): string {
  const lines = ['| axis | from | to | CPU µs a row, from | to | exponent |', '|---|---|---|---|---|---|'];
  for (const factor of factors) {
    const points = pointsOf(measured, factor);
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || first === last) continue;
    const cost = (point: (typeof points)[number]): number => point.measured.cpuMicrosPerRow.median;
    const exponent = growthExponent(points.map((point) => [point.x, cost(point)]));
    lines.push(
      `| ${growthFactors[factor]} | ${first.x.toLocaleString('en')} | ${last.x.toLocaleString('en')} | ` +
        `${cost(first).toFixed(1)} | ${cost(last).toFixed(1)} | ${exponent.toFixed(2)} |`,
    );
  }
  return lines.join('\n');
}

const seriesOf = (
  name: string,
  points: readonly { x: number; measured: Measured }[],
  of: (measured: Measured) => Figure,
): Series => ({
  name,
  points: points.map(({ x, measured }) => {
    const { median, least, most } = of(measured);
    return { x, y: median, least, most };
  }),
});

/** Writes files into a folder and keeps their names. */
function plotWriter(folder: string): { names: string[]; write: (name: string, svg: string) => void } {
  const names: string[] = [];
  const write = (name: string, svg: string): void => {
    writeFileSync(join(folder, name), svg);
    names.push(name);
  };
  return { names, write };
}

/** Writes the plots of the base case and the latency into the folder; gives their names. */
export function writePeerPlots(folder: string, { measured, latency }: BenchResults): string[] {
  const { names, write } = plotWriter(folder);
  const base = measured.filter(({ factor }) => factor === 'base');
  const peers = base.map(({ peer }) => peer);
  const bars = (name: string, title: string, unit: string, of: (measured: Measured) => Figure): void =>
    write(
      name,
      barPlot({ title, x: '', y: unit }, peers, [
        seriesOf(
          'median, spread',
          base.map((each, x) => ({ x, measured: each })),
          of,
        ),
      ]),
    );
  bars(
    'rows-a-second.svg',
    'Base case: rows a second',
    'rows/s',
    (each) => (each.steady ?? each).rowsPerSecond,
  );
  bars('cpu-a-row.svg', 'Base case: CPU a row', 'µs', (each) => (each.steady ?? each).cpuMicrosPerRow);
  bars('peak-memory.svg', 'Base case: peak memory', 'MB', (each) => each.peakRssMb);
  const rates = [...new Set(latency.map(({ rate }) => rate))];
  const shown = [...new Set(latency.map(({ peer }) => peer))].flatMap((peer) =>
    (['p50', 'p99'] as const).map((quantile) => ({
      name: `${peer} ${quantile}`,
      points: latency
        .filter((each) => each.peer === peer)
        .map((each) => ({ x: rates.indexOf(each.rate), y: each[quantile] })),
    })),
  );
  write(
    'latency.svg',
    barPlot(
      { title: 'Commit to consumer, exactly once (Debezium: at least once)', x: 'transactions/s', y: 'ms' },
      rates.map(String),
      shown,
    ),
  );
  return names;
}

/** Writes the plots of how the cost grows into the folder; gives their names. */
export function writeGrowthPlots(folder: string, measured: readonly Measured[]): string[] {
  const { names, write } = plotWriter(folder);
  for (const factor of factors) {
    const points = pointsOf(measured, factor);
    if (points.length < 2) continue;
    const axis = growthFactors[factor] ?? '';
    const name = factor.replaceAll(' ', '-');
    write(
      `growth-cpu-${name}.svg`,
      linePlot({ title: `CPU a row by ${axis}`, x: axis, y: 'µs' }, [
        seriesOf('heaviside', points, (each) => each.cpuMicrosPerRow),
      ]),
    );
    write(
      `growth-rows-${name}.svg`,
      linePlot({ title: `Rows a second by ${axis}`, x: axis, y: 'rows/s' }, [
        seriesOf('heaviside', points, (each) => each.rowsPerSecond),
      ]),
    );
  }
  return names;
}
