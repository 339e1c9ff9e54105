import type { ScriptColumn, ScriptedMember } from '../model/row-script.ts';
import { jsonOf, ScriptValueError } from './script-json.ts';

interface Cell {
  /** The text that stands until the script puts another value in its place. */
  readonly json: string | null;
  readonly kind: ScriptColumn['kind'];
  isRead: boolean;
  value: unknown;
}

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;

/** A JSON value as a script sees it; every value that JavaScript's numbers do not hold exactly keeps its digits. */
function valueOf(
  { json, kind }: { json: string; kind: Cell['kind'] },
  parse: (text: string) => unknown,
): unknown {
  if (json === 'null') return null;
  if (kind === 'document') return json;
  if (/^-?\d+$/u.test(json)) return Number.isSafeInteger(Number(json)) ? Number(json) : BigInt(json);
  if (kind === 'decimal' && json.replaceAll(/\D/gu, '').length > EXACT_DIGITS) return json;
  return parse(json);
}

/** The values of a row by name, in order; each is made when a script asks for it, and its text kept until it is changed. */
export class ScriptMembers {
  readonly #cells = new Map<string, Cell>();
  readonly #parse: (text: string) => unknown;
  #isChanged = false;

  /** @param parse JSON.parse of the script's own world */
  constructor(columns: readonly ScriptColumn[], parse: (text: string) => unknown) {
    this.#parse = parse;
    for (const { name, json, kind } of columns) {
      this.#cells.set(name, { json, kind, isRead: false, value: undefined });
    }
  }

  names(): string[] {
    return [...this.#cells.keys()];
  }

  has(name: string): boolean {
    return this.#cells.has(name);
  }

  get(name: string): unknown {
    const cell = this.#cells.get(name);
    if (cell === undefined) return undefined;
    if (!cell.isRead && cell.json !== null) {
      cell.value = valueOf({ json: cell.json, kind: cell.kind }, this.#parse);
      cell.isRead = true;
    }
    return cell.value;
  }

  set(name: string, value: unknown): void {
    // A value that is put back as it was read keeps its text.
    if (this.#cells.has(name) && Object.is(this.get(name), value)) return;
    this.#isChanged = true;
    this.#cells.set(name, { json: null, kind: 'other', isRead: true, value });
  }

  delete(name: string): boolean {
    const isThere = this.#cells.delete(name);
    if (isThere) this.#isChanged = true;
    return isThere;
  }

  /** Whether what `members` tells is other than what came in. */
  isChanged(): boolean {
    if (this.#isChanged) return true;
    for (const cell of this.#cells.values()) if (this.#isMutated(cell)) return true;
    return false;
  }

  /** What is to be written. Throws ScriptValueError, with the name, for what JSON does not have. */
  members(): ScriptedMember[] {
    return [...this.#cells].map(([name, cell]) => {
      if (cell.json !== null && !this.#isMutated(cell)) return { name, json: cell.json, isUntouched: true };
      try {
        return { name, json: jsonOf(cell.value), isUntouched: false };
      } catch (error) {
        if (!(error instanceof ScriptValueError)) throw error;
        throw new ScriptValueError(`the value of \`${name}\` cannot be written: ${error.message}`);
      }
    });
  }

  /** An array that was read may have been changed in place. */
  #isMutated({ json, isRead, value }: Cell): boolean {
    return json !== null && isRead && Array.isArray(value) && jsonOf(value) !== jsonOf(this.#parse(json));
  }
}
