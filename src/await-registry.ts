import { setTimeout as sleep } from 'node:timers/promises';
import type { HeavisideError } from './errors.ts';
import type { Log } from './observability/log.ts';

/** A transaction that could not be encoded. */
export interface FailedEncoding {
  readonly error: HeavisideError;
  /** How often in a row. */
  readonly failures: number;
  /** Each of them ends the wait. */
  readonly signals: readonly AbortSignal[];
}

/**
 * A schema that is new needs its registry: the stream stands still at its first row, on open connections. Resolves to true
 * when it is time to try again; to false at once for an error that is not about a registry that is away.
 */
export async function awaitRegistry(
  { error, failures, signals }: FailedEncoding,
  options: {
    readonly backoffMs: (failures: number) => number;
    readonly onError: (error: HeavisideError) => void;
    readonly log: Log;
  },
): Promise<boolean> {
  if (error.code !== 'SCHEMA_REGISTRY_UNREACHABLE') return false;
  options.onError(error);
  options.log.warn(
    { code: error.code, error: error.message, failures },
    'the schema registry is away; the stream waits for it',
  );
  const signal = AbortSignal.any([...signals]);
  await sleep(options.backoffMs(failures), undefined, { signal }).catch(() => undefined);
  return true;
}
