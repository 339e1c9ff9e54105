import { ByteSink } from '../model/byte-sink.ts';
import type { ScriptColumn, ScriptInput } from '../model/row-script.ts';
import { recordType, type RowsEvent, type SourceTransaction } from '../model/transaction.ts';
import type { ColumnCodec } from './column-codec.ts';
import { ABSENT, type RowView } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';

const JSON_TYPE = 245;
const NEWDECIMAL_TYPE = 246;
const scratch = new ByteSink(1024);

function jsonText(plan: TablePlan, rows: Buffer, column: number, offset: number): string {
  if (offset < 0) return 'null';
  scratch.reset();
  (plan.codecs[column] as ColumnCodec).writeJson(rows, offset, scratch);
  return scratch.view().toString();
}

function kindOf(plan: TablePlan, column: number): ScriptColumn['kind'] {
  switch (plan.table.columns[column]?.type) {
    case JSON_TYPE:
      return 'document';
    case NEWDECIMAL_TYPE:
      return 'decimal';
    default:
      return 'other';
  }
}

/** An excluded column that cannot be decoded stops nothing: no script sees it. */
function isHidden(plan: TablePlan, rows: Buffer, column: number, offsets: readonly number[]): boolean {
  if (plan.isVisible[column] === 1) return false;
  try {
    for (const offset of offsets) jsonText(plan, rows, column, offset);
    return false;
  } catch {
    return true;
  }
}

/** A row as a script gets it: every column of its images, excluded ones too. */
export function scriptInput(
  plan: TablePlan,
  row: RowView,
  event: RowsEvent,
  { gtid, serverId, threadId, xid }: Pick<SourceTransaction, 'gtid' | 'serverId' | 'threadId' | 'xid'>,
): ScriptInput {
  const { rows, primary, fallback } = row;
  const data: ScriptColumn[] = [];
  const old: ScriptColumn[] = [];
  const onlyBefore: ScriptColumn[] = [];
  for (let column = 0; column < plan.codecs.length; column++) {
    const after = primary[column] as number;
    const before = fallback === null ? ABSENT : (fallback[column] as number);
    const known = { name: plan.names[column] ?? '', kind: kindOf(plan, column) };
    if (isHidden(plan, rows, column, [before, after])) continue;
    const beforeJson = before === ABSENT ? null : jsonText(plan, rows, column, before);
    if (after === ABSENT) {
      if (beforeJson !== null) onlyBefore.push({ ...known, json: beforeJson });
      continue;
    }
    const json = jsonText(plan, rows, column, after);
    data.push({ ...known, json });
    if (beforeJson !== null && beforeJson !== json) old.push({ ...known, json: beforeJson });
  }
  return {
    type: recordType(event),
    database: plan.table.database,
    table: plan.table.table,
    position: gtid ?? `${event.file}:${event.startOffset}`,
    xid,
    serverId,
    threadId,
    timestampSeconds: event.timestampSeconds,
    query: event.query,
    data: [...data, ...onlyBefore],
    old,
  };
}
