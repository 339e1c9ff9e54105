import type { ByteSink } from '../../model/byte-sink.ts';
import { QuotedCodec } from './value-codec.ts';

type Format = (value: Buffer) => string;

function formatInet4(value: Buffer): string {
  return value.join('.');
}

/** As MariaDB prints it (sql_type_inet.cc): the first longest run of zero groups as `::`, be it one group only, IPv4-mapped and -compatible addresses dotted. */
function formatInet6(value: Buffer): string {
  if (value.subarray(0, 10).every((byte) => byte === 0)) {
    const tail = formatInet4(value.subarray(12));
    if (value[10] === 0xff && value[11] === 0xff) return `::ffff:${tail}`;
    if (value.readUInt16BE(10) === 0 && value.readUInt16BE(12) > 0) return `::${tail}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => value.readUInt16BE(index * 2));
  let bestStart = -1;
  let bestLength = 0;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return bestStart < 0 ? hex(0, 8) : `${hex(0, bestStart)}::${hex(bestStart + bestLength, 8)}`;
}

function formatUuid(value: Buffer): string {
  const hex = value.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const formats: Readonly<Record<string, { readonly size: number; readonly format: Format }>> = {
  inet4: { size: 4, format: formatInet4 },
  inet6: { size: 16, format: formatInet6 },
  uuid: { size: 16, format: formatUuid },
};

/** MariaDB's UUID, INET4 and INET6, as text. */
export class NetworkAddressCodec extends QuotedCodec {
  readonly #size: number;
  readonly #format: Format;

  private constructor(column: string, layout: number, size: number, format: Format) {
    super(column, layout);
    this.#size = size;
    this.#format = format;
  }

  /** The codec of a server's type name; null where the type is none of these. */
  static of(typeName: string | null, column: string, layout: number): NetworkAddressCodec | null {
    const known = typeName === null ? undefined : formats[typeName];
    return known === undefined ? null : new NetworkAddressCodec(column, layout, known.size, known.format);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    const stored = image.subarray(offset - this.layout, end);
    if (stored.length > this.#size) throw this.fail('its value is longer than its type');
    // The server cuts trailing zero bytes off, as for BINARY(n).
    const value = Buffer.alloc(this.#size);
    stored.copy(value);
    out.writeAscii(`"${this.#format(value)}"`);
    return end;
  }
}
