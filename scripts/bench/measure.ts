import { replay, type ReplayResult } from './replay.ts';
import type { LoadShape, LoadWriter, WrittenLoad } from './load.ts';
import type { Peer, ReplaySettings } from './peers/peer.ts';
import { figureOf, type Figure } from './statistics.ts';

/** What several runs of one peer at one point have shown. */
export interface Measured {
  readonly peer: string;
  readonly factor: string;
  readonly label: string;
  readonly x: number | null;
  readonly rows: number;
  readonly rowsPerSecond: Figure;
  readonly cpuMicrosPerRow: Figure;
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
        say(
          `${point.label}, ${peer.name}, run ${run} of ${runs}: ${Math.round(result.rowsPerSecond)} rows/s, ` +
            `${result.cpuMicrosPerRow.toFixed(2)} µs of CPU a row, ${Math.round(result.peakRssMb)} MB`,
        );
        results.push(result);
      }
    }
    const measured = found.map(({ peer, results }): Measured => {
      const figure = (of: (result: ReplayResult) => number): Figure => figureOf(results.map(of));
      return {
        peer: peer.name,
        factor: point.factor,
        label: point.label,
        x: point.x,
        rows: load.rows,
        rowsPerSecond: figure((result) => result.rowsPerSecond),
        cpuMicrosPerRow: figure((result) => result.cpuMicrosPerRow),
        peakRssMb: figure((result) => result.peakRssMb),
      };
    });
    this.measured.push(...measured);
    return measured;
  }
}
