/** Bytes that 0 to 9 digits take (strings/decimal.c, dig2bytes). */
const groupBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

function groups(digits: string, isFraction: boolean): string[] {
  const first = isFraction ? 0 : digits.length % 9;
  const found = first > 0 ? [digits.slice(0, first)] : [];
  for (let at = first; at < digits.length; at += 9) found.push(digits.slice(at, at + 9));
  return found;
}

/** A DECIMAL as a row image holds it. @param text plain digits, exactly as many before and behind the point as the type has */
export function packedDecimal(text: string): Buffer {
  const isNegative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const parts = [...groups(whole, false), ...groups(fraction, true)].map((digits) => {
    const bytes = Buffer.alloc(groupBytes[digits.length] ?? 4);
    bytes.writeUIntBE(Number(digits), 0, bytes.length);
    return bytes;
  });
  const packed = Buffer.concat(parts);
  packed[0] = (packed[0] ?? 0) ^ 0x80;
  return isNegative ? Buffer.from(packed.map((byte) => byte ^ 0xff)) : packed;
}
