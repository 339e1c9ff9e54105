import type { ByteSink } from '../../model/byte-sink.ts';
import { WellKnownText } from '../well-known-text.ts';
import { QuotedCodec } from './value-codec.ts';

const SRID_BYTES = 4;

/** The geometry types as well-known text; the SRID is dropped, as Maxwell does. */
export class GeometryCodec extends QuotedCodec {
  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    const start = offset - this.layout;
    if (end - start < SRID_BYTES) throw this.fail('its geometry is cut short');
    out.writeAscii(`"${new WellKnownText(this.column, image, start + SRID_BYTES, end).read()}"`);
    return end;
  }
}
