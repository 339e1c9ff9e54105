import type { GtidSet } from './gtid-set.ts';
import { MariadbGtidSet } from './mariadb-gtid-set.ts';
import { MysqlGtidSet } from './mysql-gtid-set.ts';
import type { SourceFlavor } from './position.ts';

/**
 * Parses the text of a GTID set; an empty text is the empty set.
 * @throws HeavisideError CONFIG_INVALID
 */
export function parseGtidSet(flavor: SourceFlavor, text: string): GtidSet {
  return flavor === 'mysql' ? MysqlGtidSet.parse(text) : MariadbGtidSet.parse(text);
}
