import type { Latency } from './latency.ts';
import type { Measured } from './measure.ts';

/** What one peer comes to at one point, in the line of `--json`. */
export interface PeerFigures {
  readonly rowsPerSecond: number;
  readonly cpuMicrosPerRow: number;
  readonly peakRssMb: number;
}

/** The same of the base case, with the latency. */
export interface PeerSummary extends PeerFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Medians of the window that is the same for every peer, and the highest memory. Throws where the runs were too short for it. */
export function peerFigures({ peer, steady, peakRssMb }: Measured): PeerFigures {
  if (steady === null) throw new Error(`the runs of ${peer} were too short to be compared: take more rows`);
  return {
    rowsPerSecond: Math.round(steady.rowsPerSecond.median),
    cpuMicrosPerRow: round(steady.cpuMicrosPerRow.median, 2),
    peakRssMb: Math.round(peakRssMb.most),
  };
}

/** The medians of the base case, and the latency at 50 transactions a second. */
export function summaryOf(base: Measured, latency: readonly Latency[]): PeerSummary {
  const at50 = latency.find(({ rate }) => rate === 50);
  return {
    ...peerFigures(base),
    p50Ms: round(at50?.p50 ?? NaN, 1),
    p99Ms: round(at50?.p99 ?? NaN, 1),
  };
}

const RATIO = 5;
const CPU_RATIO = 10;
export const MAX_RSS_MB = 256;

export interface GoalInput {
  readonly heaviside: PeerSummary;
  readonly debezium: PeerSummary;
  readonly latency: readonly Latency[];
  /** Peak memory of every run of Heaviside, MB. */
  readonly peaks: readonly { readonly label: string; readonly mb: number }[];
}

/** A goal with what was seen. */
export interface Verdict {
  readonly text: string;
  readonly isMet: boolean;
}

/** The goals of exactly-once, each with what was seen and whether it is met; those of latency only where it was measured. */
export function goals({ heaviside, debezium, latency, peaks }: GoalInput): Verdict[] {
  const ratio = heaviside.rowsPerSecond / debezium.rowsPerSecond;
  const cpuRatio = debezium.cpuMicrosPerRow / heaviside.cpuMicrosPerRow;
  const highest = peaks.reduce((one, other) => (other.mb > one.mb ? other : one), { label: '', mb: 0 });
  const at500 = latency.find(({ rate }) => rate === 500);
  const goal = (text: string, isMet: boolean): Verdict => ({ text, isMet });
  return [
    goal(`rows/s at least ${RATIO} × Debezium's: ${ratio.toFixed(1)} ×`, ratio >= RATIO),
    goal(`CPU a row at most 1/${CPU_RATIO} of Debezium's: 1/${cpuRatio.toFixed(1)}`, cpuRatio >= CPU_RATIO),
    goal(
      `peak memory at most ${MAX_RSS_MB} MB: ${Math.round(highest.mb)} MB (${highest.label})`,
      highest.mb <= MAX_RSS_MB,
    ),
    ...(latency.length > 0
      ? [
          goal(`p50 at most 10 ms at 50 transactions/s: ${heaviside.p50Ms} ms`, heaviside.p50Ms <= 10),
          goal(`p99 at most 50 ms at 50 transactions/s: ${heaviside.p99Ms} ms`, heaviside.p99Ms <= 50),
        ]
      : []),
    ...(at500
      ? [goal(`p99 at most 100 ms at 500 transactions/s: ${at500.p99.toFixed(1)} ms`, at500.p99 <= 100)]
      : []),
  ];
}
