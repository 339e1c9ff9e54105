import { expect } from 'vitest';
import { errorTable, type ErrorCode } from '../../src/errors.ts';
import type { ProductPlace, Properties } from './product-place.ts';

/** How a run ended that was to be refused. */
export interface Refusal {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Whether topics, positions and checkpoint are as they were. */
  readonly isTraceless: boolean;
}

const END_MS = 30_000;

/** The next step of a code, as it stands in the table. */
export const hintOf = (code: ErrorCode): string => errorTable[code].hint;

/** Runs the product to its end. */
export async function exitOf(place: ProductPlace, config: Properties): Promise<Refusal> {
  const before = JSON.stringify(await place.traces(config));
  const run = place.run(config);
  const { code: exitCode, signal } = await run.end(END_MS);
  const isTraceless = JSON.stringify(await place.traces(config)) === before;
  return { exitCode, signal, stderr: run.stderr, isTraceless };
}

/** What `exitOf` is to be: the exit code of the table, the code, the cause and the next step on stderr, and no trace. */
export function refusal(code: ErrorCode, cause: RegExp): Refusal {
  const hint = hintOf(code).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const text = new RegExp(`^${code}: (?=[^]*${cause.source})[^]*→ ${hint}`, 'm');
  return {
    exitCode: errorTable[code].exitCode,
    signal: null,
    stderr: expect.stringMatching(text) as string,
    isTraceless: true,
  };
}
