import { HeavisideError } from '../errors.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { Position } from '../model/position.ts';
import type { PositionRecord, SourceIdentityRecord } from '../model/position-record.ts';

/**
 * The record's position as this source takes it.
 * @throws SOURCE_CHANGED, SOURCE_GTID_OFF where the source is none that the position belongs to
 */
export function positionOf(
  record: PositionRecord,
  isGtid: boolean,
  identity: SourceIdentityRecord,
): Position {
  const coordinates =
    record.file !== null && record.offset !== null ? { file: record.file, offset: record.offset } : null;
  const prepared = record.prepared ?? [];
  if (isGtid && record.gtidSet !== null) {
    if (record.source.flavor !== identity.flavor) {
      throw new HeavisideError(
        'SOURCE_CHANGED',
        `the position is of a ${record.source.flavor} server, this one is ${identity.flavor}`,
      );
    }
    return { gtids: parseGtidSet(identity.flavor, record.gtidSet), coordinates, prepared };
  }
  if (!coordinates || (record.gtidSet !== null) !== isGtid) {
    throw new HeavisideError(
      'SOURCE_GTID_OFF',
      'the position and the source disagree on GTID: set gtid_mode as it was, or set a new position',
    );
  }
  if (record.source.id !== identity.id) {
    throw new HeavisideError('SOURCE_CHANGED', 'the position is a file and offset of another server');
  }
  return { gtids: null, coordinates, prepared };
}
