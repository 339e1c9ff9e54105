import type { ByteSink } from '../model/byte-sink.ts';
import type { JsonMember, RowChanges } from '../model/row-script.ts';
import type { RowView } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';

const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

/** The value of a column as JSON text, where a script has changed the row; null where the row no longer has it. */
export function changedJson(changes: RowChanges, name: string): string {
  return changes.data.find((member) => member.name === name)?.json ?? 'null';
}

/** The same as text for partitions, as Java's toString gives it; null for null and for what is not there. */
export function changedText(changes: RowChanges, plan: TablePlan, row: RowView, name: string): string | null {
  const member = changes.data.find((each) => each.name === name);
  if (member === undefined || member.json === 'null') return null;
  const column = plan.names.indexOf(name);
  if (member.isUntouched && column >= 0) return plan.readText(row, column);
  if (member.json.startsWith('"')) return JSON.parse(member.json) as string;
  return member.json;
}

/** The attributes that a script adds to the envelope, each behind a comma; a naming strategy leaves them as they are. */
export function writeExtraAttributes(out: ByteSink, { extraAttributes }: RowChanges): void {
  for (const { name, json } of extraAttributes) out.writeUtf8(`,${JSON.stringify(name)}:${json}`);
}

/** How the two objects of a row begin, and whether they show nulls. */
export interface ContentForm {
  readonly data: Buffer;
  readonly old: Buffer;
  readonly hasNulls: boolean;
}

/** Writes `data`, and `old` where the script has left former values of columns that are shown. */
export function writeChangedContent(
  out: ByteSink,
  plan: TablePlan,
  { data, old }: RowChanges,
  form: ContentForm,
): void {
  out.writeBytes(form.data);
  writeMembers(out, plan, data, form.hasNulls);
  if (!old.some(({ name }) => !plan.isExcluded(name))) return;
  out.writeBytes(form.old);
  writeMembers(out, plan, old, form.hasNulls);
}

/** The members that are shown, with the brace that ends the object. */
function writeMembers(
  out: ByteSink,
  plan: TablePlan,
  members: readonly JsonMember[],
  hasNulls: boolean,
): void {
  let isFirst = true;
  for (const { name, json } of members) {
    if (plan.isExcluded(name) || (json === 'null' && !hasNulls)) continue;
    if (!isFirst) out.writeByte(COMMA);
    isFirst = false;
    out.writeBytes(plan.memberName(name));
    out.writeUtf8(json);
  }
  out.writeByte(CLOSE_BRACE);
}
