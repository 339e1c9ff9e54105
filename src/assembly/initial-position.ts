import type { Config } from '../config/config.ts';
import { HeavisideError } from '../errors.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { Position, SourceFlavor } from '../model/position.ts';

/** init_position as this source takes it; null where it is not given. */
export function initialPosition(init: Config['position']['init'], flavor: SourceFlavor): Position | null {
  if (init === null) return null;
  if (init.kind === 'coordinates')
    return { gtids: null, coordinates: { file: init.file, offset: init.offset } };
  if (init.flavor !== flavor) {
    throw new HeavisideError(
      'CONFIG_INVALID',
      `init_position is a GTID set of ${init.flavor}, the source is ${flavor}`,
    );
  }
  return { gtids: parseGtidSet(flavor, init.text), coordinates: null };
}
