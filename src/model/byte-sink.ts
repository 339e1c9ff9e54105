/** A view on bytes by which several are read or written at once. */
export function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * A growing byte buffer with a write cursor. Hot paths read `buffer` and `position` directly after `reserve`.
 * The buffer may be replaced by `reserve`: never keep it across a call that writes.
 */
export class ByteSink {
  buffer: Buffer;
  /** The same bytes, for what is written several bytes at once. */
  words: DataView;
  position = 0;

  /** @param initialBytes first capacity in bytes, at least 64 */
  constructor(initialBytes = 64 * 1024) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(64, initialBytes));
    this.words = wordsOf(this.buffer);
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
    this.words = wordsOf(grown);
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.buffer[this.position++] = byte;
  }

  /** Appends the whole of `source`. */
  writeBytes(source: Uint8Array): void {
    const { length } = source;
    this.reserve(length);
    // A call into native code costs as much as eight bytes by hand.
    if (length < 8) {
      const { buffer } = this;
      let at = this.position;
      for (let i = 0; i < length; i++) buffer[at++] = source[i] as number;
    } else {
      this.buffer.set(source, this.position);
    }
    this.position += length;
  }

  /** Appends `source[start, end)`. */
  writeRange(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    // A view and a call into native code cost as much as 32 bytes by hand.
    if (length < 32) {
      const { buffer } = this;
      let at = this.position;
      for (let i = start; i < end; i++) buffer[at++] = source[i] as number;
    } else {
      this.buffer.set(source.subarray(start, end), this.position);
    }
    this.position += length;
  }

  /** Appends text whose code units are all below 0x80. */
  writeAscii(text: string): void {
    const { length } = text;
    this.reserve(length);
    if (length < 16) {
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
