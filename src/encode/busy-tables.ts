import { compileMembers } from './compiled-members.ts';
import type { TablePlan, WriteMembers } from './table-plan.ts';

/** Rows of a table version after which code of its own pays: to make it and to optimize it takes some milliseconds. */
const COMPILE_AFTER_ROWS = 5000;
/** What V8 makes of one takes memory. */
const MAX_COMPILED = 50;

/** The table versions that have code of their own, the latest last: few are busy at a time. */
export class BusyTables {
  readonly #hasNulls: boolean;
  readonly #compileAfterRows: number;
  readonly #compiled: TablePlan[] = [];

  /** @param hasNulls output_nulls */
  constructor(hasNulls: boolean, compileAfterRows = COMPILE_AFTER_ROWS) {
    this.#hasNulls = hasNulls;
    this.#compileAfterRows = compileAfterRows;
  }

  /** What writes the members of the next row; null: there is no such code. To be asked once a row. */
  membersOf(plan: TablePlan): WriteMembers | null {
    if (plan.compiled === null && ++plan.rowsNotCompiled === this.#compileAfterRows) this.#compile(plan);
    return plan.compiled;
  }

  #compile(plan: TablePlan): void {
    plan.compiled = compileMembers(plan, this.#hasNulls);
    if (plan.compiled === null) return;
    this.#compiled.push(plan);
    if (this.#compiled.length <= MAX_COMPILED) return;
    const oldest = this.#compiled.shift() as TablePlan;
    oldest.compiled = null;
    oldest.rowsNotCompiled = 0;
  }
}
