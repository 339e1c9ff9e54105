import type { TablePlan, WriteMembers } from './table-plan.ts';

/** More columns make a function that V8 does not optimize (its limit is 60 KB of bytecode). */
const MAX_COLUMNS = 128;
const LOWER_N = 0x6e;
const COMMA = 0x2c;

/**
 * A function made for one table version that writes the members of `data`: every column's codec is called at a place of its
 * own, where V8 knows and inlines it, and names are stores of constants. null where the table has too many columns.
 */
export function compileMembers(plan: TablePlan, hasNulls: boolean): WriteMembers | null {
  if (plan.codecs.length > MAX_COLUMNS) return null;
  const columns = plan.codecs.map((_, column) => column).filter((column) => plan.isVisible[column] === 1);
  const codecs = columns.map((column) => `codec${column} = codecs[${column}]`);
  const body = `'use strict';
    ${codecs.length === 0 ? '' : `const ${codecs.join(', ')};`}
    return (rows, offsets, out, starts, ends) => {
      const begin = out.position;
      let offset = 0, at = 0, buffer;
      ${columns.map((column) => memberCode(plan, column, hasNulls)).join('')}
      return true;
    };`;
  // Only numbers go into the text: a name is the bytes of its JSON form.
  // oxlint-disable-next-line no-implied-eval
  const make = new Function('codecs', 'nullMembers', body) as (
    codecs: TablePlan['codecs'],
    nullMembers: TablePlan['nullMembers'],
  ) => WriteMembers;
  return make(plan.codecs, plan.nullMembers);
}

/** What `#writeMember` of MaxwellJson does, for one column. */
function memberCode(plan: TablePlan, column: number, hasNulls: boolean): string {
  const name = plan.memberNames[column] as Buffer;
  const stores = [...name].map((byte, index) => `buffer[at + ${index}] = ${byte};`);
  const comma = `out.writeByte(${COMMA});`;
  // A value that is rendered as null counts as one of no length.
  const whereNull = `ends[${column}] = at;${hasNulls ? comma : `out.position = at - ${name.length};`}`;
  const isNull = `out.buffer[at] === ${LOWER_N}`;
  return `
    offset = offsets[${column}];
    if (offset >= 0) {
      out.reserve(${name.length});
      buffer = out.buffer;
      at = out.position;
      ${stores.join('')}
      at += ${name.length};
      out.position = at;
      starts[${column}] = at;
      codec${column}.writeJson(rows, offset, out);
      ends[${column}] = out.position;
      ${plan.codecs[column]?.canRenderNull === true ? `if (${isNull}) { ${whereNull} } else ${comma}` : comma}
    } else if (offset === -1) {
      ${hasNulls ? `out.writeBytes(nullMembers[${column}]);` : ''}
    } else {
      out.position = begin;
      return false;
    }`;
}
