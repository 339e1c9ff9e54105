/** Bytes that a zigzag varint of a value ≥ 0 (below 2^30) takes (protobuf encoding, as in Kafka's record format). */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 6; rest > 0; rest >>>= 7) size++;
  return size;
}

/** Writes a value ≥ -1 (below 2^30) as a zigzag varint; returns the offset behind it. */
export function writeVarint(buffer: Buffer, offset: number, value: number): number {
  let zigzag = value < 0 ? -value * 2 - 1 : value * 2;
  let at = offset;
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buffer[at++] = zigzag;
  return at;
}
