import { initialPosition } from '../assembly/initial-position.ts';
import type { BinlogPort } from '../assembly/source-port.ts';
import { initPosition, type InitPosition } from '../config/init-position.ts';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { Position } from '../model/position.ts';
import type { PositionRecord, SourceIdentityRecord } from '../model/position-record.ts';
import type { Log } from '../observability/log.ts';
import type { FlagValues } from './command.ts';

export const positionUsage =
  'heaviside position get | set POSITION | set --now | set --from-checkpoint | set --from-maxwell CLIENT_ID | skip GTID   [--force] [--json]';

/** The flags that stand for a position. */
const sources = ['--now', '--from-checkpoint', '--from-maxwell'] as const;

/** A Maxwell that wrote a heartbeat so lately may still run, milliseconds: it writes one every ten seconds at least. */
const maxwellRunsMs = 15_000;

export interface TargetOptions {
  readonly flags: FlagValues;
  readonly argument: string | undefined;
  readonly source: BinlogPort;
  readonly log: Log;
  readonly inspection: { readonly identity: SourceIdentityRecord; readonly current: Position };
  readonly checkpointRecord: () => Promise<PositionRecord | null>;
}

/** Refuses what names no position, before a leader is asked to step aside for it. @throws COMMAND_FAILED */
export function checkTarget(flags: FlagValues, argument: string | undefined): void {
  if (!sources.some((flag) => flags.has(flag))) parseArgument(argument);
}

/** The position that `position set` is asked for. */
export async function positionTarget(options: TargetOptions): Promise<Position> {
  const { flags, argument, source, log, inspection } = options;
  if (flags.has('--now')) return inspection.current;
  if (flags.has('--from-checkpoint')) return fromCheckpoint(await options.checkpointRecord());
  const clientId = flags.text('--from-maxwell');
  if (clientId !== null) {
    const database = flags.text('--maxwell-database') ?? 'maxwell';
    const { position, heartbeatAgoMs } = await source.maxwellPosition({ database, clientId });
    if (heartbeatAgoMs !== null && heartbeatAgoMs < maxwellRunsMs)
      log.warn(
        { heartbeatAgoMs },
        'Maxwell wrote a heartbeat just now: where it still runs, stop it and set the position again',
      );
    return position;
  }
  const position = initialPosition(parseArgument(argument), inspection.identity.flavor);
  if (!position) throw new HeavisideError('COMMAND_FAILED', `usage: ${positionUsage}`);
  return position;
}

function fromCheckpoint(record: PositionRecord | null): Position {
  if (!record) throw new HeavisideError('COMMAND_FAILED', 'there is no checkpoint in Redis');
  return {
    gtids: record.gtidSet === null ? null : parseGtidSet(record.source.flavor, record.gtidSet),
    coordinates: placeIn(record),
    prepared: record.prepared ?? [],
  };
}

export const placeIn = ({ file, offset }: PositionRecord): Position['coordinates'] =>
  file !== null && offset !== null ? { file, offset } : null;

/** @throws COMMAND_FAILED where it is no position */
function parseArgument(argument: string | undefined): InitPosition {
  if (argument === undefined) throw new HeavisideError('COMMAND_FAILED', `usage: ${positionUsage}`);
  try {
    return initPosition().parse(argument);
  } catch (cause) {
    throw asHeavisideError(cause, 'COMMAND_FAILED');
  }
}
