import { OptionValueError, text, type OptionType } from './option-type.ts';

/** Where a new cluster starts. */
export type InitPosition =
  | { readonly kind: 'coordinates'; readonly file: string; readonly offset: number }
  | { readonly kind: 'gtids'; readonly flavor: 'mysql' | 'mariadb'; readonly text: string };

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const mysqlGtids = new RegExp(
  `^${uuid}(:[a-z_][a-z0-9_]*|:\\d+(-\\d+)?)+(\\s*,\\s*${uuid}(:[a-z_][a-z0-9_]*|:\\d+(-\\d+)?)+)*$`,
  'iu',
);
const mariadbGtids = /^\d+-\d+-\d+(\s*,\s*\d+-\d+-\d+)*$/u;

function parseInitPosition(value: string): InitPosition {
  const position = value.trim();
  if (mysqlGtids.test(position)) return { kind: 'gtids', flavor: 'mysql', text: position };
  if (mariadbGtids.test(position)) return { kind: 'gtids', flavor: 'mariadb', text: position };
  // Maxwell's third part is a heartbeat, which only its own tables could be searched for.
  const [, file, offset] = /^([^:\s]+):(\d+)(?::\d+)?$/u.exec(position) ?? [];
  if (file === undefined || offset === undefined) {
    throw new OptionValueError(`"${position}" is not FILE:OFFSET and not a GTID set`);
  }
  if (Number(offset) < 4 || Number(offset) >= 2 ** 32) {
    throw new OptionValueError(`the offset of "${position}" is not 4 to 4294967295`);
  }
  return { kind: 'coordinates', file, offset: Number(offset) };
}

/** `FILE:OFFSET[:HEARTBEAT]` as Maxwell writes it, or a GTID set of MySQL or MariaDB. */
export const initPosition = (): OptionType<InitPosition> => ({
  ...text('POSITION'),
  parse: parseInitPosition,
});
