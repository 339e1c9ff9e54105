import type { RowScript } from '../model/row-script.ts';
import type { RowsEvent, SourceTransaction } from '../model/transaction.ts';
import type { RowSlot } from './event-cursor.ts';
import { scriptInput } from './script-input.ts';
import type { TablePlan } from './table-plan.ts';
import { inTable } from './undecodable.ts';

/** One transaction's rows on their way through a script: each is shown once, however often its turn is put off. */
export class ScriptedRows {
  /** The script has seen the row at hand. */
  hasSeen = false;
  readonly #script: RowScript;
  readonly #about: Pick<SourceTransaction, 'gtid' | 'serverId' | 'threadId' | 'xid'>;

  /** @param xid the xid that the rows show */
  constructor(script: RowScript, { gtid, serverId, threadId }: SourceTransaction, xid: bigint | null) {
    this.#script = script;
    this.#about = { gtid, serverId, threadId, xid };
  }

  /** Another row stands in the slot. */
  forget(slot: RowSlot): void {
    slot.changes = null;
    this.hasSeen = false;
  }

  /** Shows the row in the slot, and keeps there what the script has made of it; false where it suppresses the row. */
  passes(plan: TablePlan, slot: RowSlot, event: RowsEvent): boolean {
    if (this.hasSeen) return true;
    try {
      const verdict = this.#script.processRow(scriptInput(plan, slot, event, this.#about));
      if (verdict === 'suppressed') return false;
      slot.changes = verdict === 'unchanged' ? null : verdict;
      this.hasSeen = true;
      return true;
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
  }
}
