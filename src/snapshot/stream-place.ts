import type { GtidSet } from '../model/gtid-set.ts';
import type { BinlogCoordinates } from '../model/position.ts';

/** Up to where the pipeline has handed the stream out, at a moment when no transaction is half done. */
export interface StreamPlace {
  /** The GTIDs handed out, on MySQL those of prepared XA transactions too; null by file and offset. */
  readonly gtids: GtidSet | null;
  /** End of the last transaction that was handed out, in the binlog of the server that is read; null where that is not known yet. */
  readonly handed: BinlogCoordinates | null;
  /** Where all that was received is handed out; null while something is under way. */
  readonly idle: BinlogCoordinates | null;
}

/** A moment of the source: everything that was committed by then. */
export interface Watermark {
  readonly gtids: GtidSet | null;
  readonly coordinates: BinlogCoordinates | null;
}

const FILE = /^(.*)\.(\d+)$/;

/** Whether `place` is at `mark` or behind it, in the binlog of one server; false where the files' names cannot be compared. */
export function isAtOrBehind(place: BinlogCoordinates | null, mark: BinlogCoordinates | null): boolean {
  if (place === null || mark === null) return false;
  if (place.file === mark.file) return place.offset >= mark.offset;
  const [, base, number] = FILE.exec(place.file) ?? [];
  const [, markBase, markNumber] = FILE.exec(mark.file) ?? [];
  return base !== undefined && base === markBase && Number(number) > Number(markNumber);
}

/** Whether everything before the mark is handed out. A quiet stream reaches it too, in one of three ways. */
export function hasReached({ gtids, handed, idle }: StreamPlace, mark: Watermark): boolean {
  if (gtids !== null && mark.gtids !== null && gtids.contains(mark.gtids)) return true;
  return isAtOrBehind(handed, mark.coordinates) || isAtOrBehind(idle, mark.coordinates);
}
