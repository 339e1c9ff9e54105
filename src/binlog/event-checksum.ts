import { crc32 } from 'node:zlib';
import { HeavisideError } from '../errors.ts';
import { EVENT_HEADER_BYTES, FLAG_ARTIFICIAL, type EventHeader } from './event-header.ts';
import { eventType } from './event-type.ts';
import { CHECKSUM_BYTES } from './file-events.ts';

/** Follows whether events end in a checksum, checks it, and takes it off. */
export class EventChecksum {
  /** Null until the first event has shown it. */
  #isPresent: boolean | null = null;

  /** What the FORMAT_DESCRIPTION of the file says of the events behind it. */
  follow(isPresent: boolean): void {
    this.#isPresent = isPresent;
  }

  /**
   * The body of the event `buffer[start, end)` without its checksum; of FORMAT_DESCRIPTION with it.
   * @throws HeavisideError SOURCE_LOST where the checksum does not match
   */
  bodyOf(buffer: Buffer, { type, flags }: EventHeader, start: number, end: number): Buffer {
    const bodyStart = start + EVENT_HEADER_BYTES;
    // Always written with a checksum, over other flags than are in the file.
    if (type === eventType.FORMAT_DESCRIPTION) return buffer.subarray(bodyStart, end);
    const isFirstOfFile = type === eventType.ROTATE && (flags & FLAG_ARTIFICIAL) !== 0;
    const wasPresent = this.#isPresent;
    if (wasPresent === false && !isFirstOfFile) return buffer.subarray(bodyStart, end);
    const bodyEnd = end - CHECKSUM_BYTES;
    const isRight =
      bodyEnd >= bodyStart && crc32(buffer.subarray(start, bodyEnd)) === buffer.readUInt32LE(bodyEnd);
    // A made-up ROTATE comes before the FORMAT_DESCRIPTION that tells: it tells by itself.
    if (isFirstOfFile || wasPresent === null) {
      this.#isPresent = isRight;
      return buffer.subarray(bodyStart, isRight ? bodyEnd : end);
    }
    if (isRight) return buffer.subarray(bodyStart, bodyEnd);
    throw new HeavisideError(
      'SOURCE_LOST',
      'the checksum of an event does not match: it was damaged on its way or on disk',
    );
  }
}
