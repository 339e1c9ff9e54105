import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface HotFunction {
  readonly name: string;
  readonly file: string;
  /** Of the time in which the thread was not idle, 0 to 1. */
  readonly share: number;
}

/** The functions that a CPU profile of Node.js found running most, with their own time. @param startMicros what came before is left out: the process's start */
export function hottestFunctions(profile: CpuProfile, count: number, startMicros = 0): HotFunction[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { name: string; file: string; micros: number }>();
  let busy = 0;
  let elapsed = 0;
  for (const [index, id] of profile.samples.entries()) {
    const micros = profile.timeDeltas[index] ?? 0;
    elapsed += micros;
    const frame = frames.get(id);
    if (frame === undefined || elapsed < startMicros || frame.functionName === '(idle)') continue;
    busy += micros;
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    const file = frame.url.split('/').at(-1) ?? '';
    const key = `${name} ${file} ${frame.lineNumber}`;
    const entry = times.get(key) ?? { name, file, micros: 0 };
    entry.micros += micros;
    times.set(key, entry);
  }
  return [...times.values()]
    .sort((one, other) => other.micros - one.micros)
    .slice(0, count)
    .map(({ name, file, micros }) => ({ name, file, share: micros / busy }));
}

/** The largest profile in a folder: the main thread's, where worker threads have left theirs too. */
export function readLargestProfile(folder: string): CpuProfile {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .sort((one, other) => other.length - one.length);
  return JSON.parse(texts[0] ?? '') as CpuProfile;
}
