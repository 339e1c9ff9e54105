/**
 * A growing byte buffer with a write cursor. Hot paths read `buffer` and `position` directly after `reserve`.
 * The buffer may be replaced by `reserve`: never keep it across a call that writes.
 */
export class ByteSink {
  buffer: Buffer;
  position = 0;

  /** @param initialBytes first capacity in bytes, at least 64 */
  constructor(initialBytes = 64 * 1024) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(64, initialBytes));
  }

  /** Makes room for `byteCount` more bytes after the cursor. */
  reserve(byteCount: number): void {
    const needed = this.position + byteCount;
    if (needed <= this.buffer.length) return;
    let capacity = this.buffer.length * 2;
    while (capacity < needed) capacity *= 2;
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.buffer[this.position++] = byte;
  }

  /** Appends `source[start, end)`. */
  writeBytes(source: Uint8Array, start = 0, end = source.length): void {
    const length = end - start;
    this.reserve(length);
    // A short copy by hand is cheaper than the call into native code.
    if (length < 24) {
      const { buffer } = this;
      let at = this.position;
      for (let i = start; i < end; i++) buffer[at++] = source[i] as number;
    } else {
      this.buffer.set(
        start === 0 && end === source.length ? source : source.subarray(start, end),
        this.position,
      );
    }
    this.position += length;
  }

  /** Appends text whose code units are all below 0x80. */
  writeAscii(text: string): void {
    const { length } = text;
    this.reserve(length);
    if (length < 24) {
      const { buffer } = this;
      let at = this.position;
      for (let i = 0; i < length; i++) buffer[at++] = text.charCodeAt(i);
    } else {
      this.buffer.write(text, this.position, 'latin1');
    }
    this.position += length;
  }

  /** Appends text as UTF-8. */
  writeUtf8(text: string): void {
    this.reserve(text.length * 3);
    this.position += this.buffer.write(text, this.position);
  }

  /** What was written so far, as a view: valid until the next write. */
  view(): Buffer {
    return this.buffer.subarray(0, this.position);
  }

  reset(): void {
    this.position = 0;
  }
}
