import { replay, type ReplayResult, type Speed } from './replay.ts';
import type { LoadShape, LoadWriter, WrittenLoad } from './load.ts';
import type { Peer, ReplaySettings } from './peers/peer.ts';
import { figureOf, type Figure } from './statistics.ts';

/** What several runs have shown of a speed. */
export interface SpeedFigures {
  readonly rowsPerSecond: Figure;
  readonly cpuMicrosPerRow: Figure;
}

/** What several runs of one peer at one point have shown; the figures of its own are of whole runs, from the peer's warm share on. */
export interface Measured extends SpeedFigures {
  readonly peer: string;
  readonly factor: string;
  readonly label: string;
  readonly x: number | null;
  readonly rows: number;
  /** Of the window that is the same for every peer; null: there was one peer, or a run too short for it. */
  readonly steady: SpeedFigures | null;
  readonly peakRssMb: Figure;
}

/** What a peer is measured at. */
export interface MeasuredPoint {
  readonly factor: string;
  readonly label: string;
  readonly x: number | null;
  readonly loadName: string;
  readonly load: LoadShape;
  readonly settings: ReplaySettings;
}

const say = (words: string): void => void process.stderr.write(`[bench] ${words}\n`);

const speedText = ({ rowsPerSecond, cpuMicrosPerRow }: Speed): string =>
  `${Math.round(rowsPerSecond)} rows/s at ${cpuMicrosPerRow.toFixed(2)} µs of CPU a row`;

const speedFigures = (speeds: readonly Speed[]): SpeedFigures => ({
  rowsPerSecond: figureOf(speeds.map(({ rowsPerSecond }) => rowsPerSecond)),
  cpuMicrosPerRow: figureOf(speeds.map(({ cpuMicrosPerRow }) => cpuMicrosPerRow)),
});

function steadyFigures(results: readonly ReplayResult[]): SpeedFigures | null {
  const speeds = results.flatMap(({ steady }) => steady ?? []);
  return speeds.length < results.length ? null : speedFigures(speeds);
}

/** Writes loads as they are asked for, and has the peers replay them. */
export class Measurer {
  readonly #writer: LoadWriter;
  readonly #brokers: readonly string[];
  readonly #loads = new Map<string, Promise<WrittenLoad>>();
  readonly measured: Measured[] = [];

  constructor(writer: LoadWriter, brokers: readonly string[]) {
    this.#writer = writer;
    this.#brokers = brokers;
  }

  /** What stands in the binlog under the name; written on the first call. */
  load(name: string, shape: LoadShape): Promise<WrittenLoad> {
    let load = this.#loads.get(name);
    if (load === undefined) {
      say(`writing ${shape.rows} rows: ${name}`);
      this.#loads.set(name, (load = this.#writer.write(name, shape)));
    }
    return load;
  }

  /** Has what stands already replayed under the name. */
  give(name: string, load: WrittenLoad): void {
    this.#loads.set(name, Promise.resolve(load));
  }

  /** Brings the broker's JVM to its speed: what a peer does in a run that does not count. */
  async warmUp(point: MeasuredPoint, peer: Peer): Promise<void> {
    await replay(peer, await this.load(point.loadName, point.load), point.settings, this.#brokers);
  }

  /** Each peer once, then each once more: what slows the machine down for a while meets them all. */
  async measure(point: MeasuredPoint, peers: readonly Peer[], runs: number): Promise<Measured[]> {
    const load = await this.load(point.loadName, point.load);
    const found = peers.map((peer) => ({ peer, results: [] as ReplayResult[] }));
    for (let run = 1; run <= runs; run++) {
      for (const { peer, results } of found) {
        const result = await replay(peer, load, point.settings, this.#brokers);
        const { whole, steady } = result;
        say(
          `${point.label}, ${peer.name}, run ${run} of ${runs}: ${speedText(whole)}, ` +
            `${steady === null ? '' : `steady ${speedText(steady)}, `}${Math.round(result.peakRssMb)} MB`,
        );
        results.push(result);
      }
    }
    const measured = found.map(({ peer, results }): Measured => {
      return {
        peer: peer.name,
        factor: point.factor,
        label: point.label,
        x: point.x,
        rows: load.rows,
        ...speedFigures(results.map(({ whole }) => whole)),
        steady: peers.length === 1 ? null : steadyFigures(results),
        peakRssMb: figureOf(results.map(({ peakRssMb }) => peakRssMb)),
      };
    });
    this.measured.push(...measured);
    return measured;
  }
}
