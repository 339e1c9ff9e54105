const bits = new DataView(new ArrayBuffer(8));

/** The exact value of a finite double in plain decimal digits, as Java's `new BigDecimal(value).toPlainString()` has it. */
export function plainDouble(value: number): string {
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponentBits = Number((raw >> 52n) & 0x7ffn);
  let mantissa = raw & 0xfffffffffffffn;
  if (exponentBits > 0) mantissa |= 0x10000000000000n;
  // value = mantissa * 2^exponent
  let exponent = Math.max(exponentBits, 1) - 1075;
  while (mantissa !== 0n && (mantissa & 1n) === 0n && exponent < 0) {
    mantissa >>= 1n;
    exponent++;
  }
  const sign = value < 0 ? '-' : '';
  if (exponent >= 0) return `${sign}${mantissa << BigInt(exponent)}`;
  const scale = -exponent;
  const digits = (mantissa * 5n ** BigInt(scale)).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
