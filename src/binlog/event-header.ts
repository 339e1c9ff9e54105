import { HeavisideError } from '../errors.ts';

/** Length of the common header, bytes. */
export const EVENT_HEADER_BYTES = 19;

/** The event was made up by the dump and stands in no file (LOG_EVENT_ARTIFICIAL_F). */
export const FLAG_ARTIFICIAL = 0x20;
/** A reader that does not know the event may pass over it (LOG_EVENT_IGNORABLE_F). */
export const FLAG_IGNORABLE = 0x80;

/** The common header of every event of binlog version 4. */
export interface EventHeader {
  /** Seconds since 1970; 0 in events that the dump makes up. */
  readonly timestampSeconds: number;
  readonly type: number;
  readonly serverId: number;
  /** Bytes of the whole event: header, body and checksum. */
  readonly eventBytes: number;
  /** Offset behind the event in its file modulo 2^32; 0 where the server does not tell. */
  readonly nextOffset: number;
  readonly flags: number;
}

/**
 * Reads the header at `start`; the event must fill the buffer to `end` exactly.
 * @throws HeavisideError SOURCE_LOST where it does not: the stream is out of step
 */
export function readEventHeader(buffer: Buffer, start: number, end: number): EventHeader {
  if (end - start < EVENT_HEADER_BYTES || buffer.readUInt32LE(start + 9) !== end - start) {
    throw new HeavisideError(
      'SOURCE_LOST',
      `the source sent an event of ${end - start} bytes that says another length`,
    );
  }
  return {
    timestampSeconds: buffer.readUInt32LE(start),
    type: buffer.readUInt8(start + 4),
    serverId: buffer.readUInt32LE(start + 5),
    eventBytes: end - start,
    nextOffset: buffer.readUInt32LE(start + 13),
    flags: buffer.readUInt16LE(start + 17),
  };
}
