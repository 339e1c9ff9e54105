import type { ByteSink } from '../model/byte-sink.ts';
import { putPadded, writeInteger } from './digits.ts';

/** Writes the time of now as `push_ts` shows it: seconds since 1970 with six digits of microseconds. */
export function writePushTimestamp(out: ByteSink): void {
  const now = performance.timeOrigin + performance.now();
  const seconds = Math.floor(now / 1000);
  writeInteger(out, seconds);
  out.writeByte(0x2e);
  out.reserve(6);
  const microseconds = Math.min(999_999, Math.floor((now - seconds * 1000) * 1000));
  out.position = putPadded(out.buffer, out.position, microseconds, 6);
}
