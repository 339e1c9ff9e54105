import { type FilterPattern, type FilterRule, parseFilter } from './filter-parser.ts';

/** A column rule that applies to a table: the value of column `column` decides. */
interface ColumnStep {
  readonly column: number;
  readonly isInclude: boolean;
  readonly value: FilterPattern;
}

/** What a filter says of one table version. */
export interface TableVerdict {
  /** 'rows': some rows are included; `includesRow` tells which. */
  readonly kind: 'include' | 'exclude' | 'rows';
  /** @param read a column's value as text, null for NULL; undefined where the row does not hold the column */
  includesRow(read: (column: number) => string | null | undefined): boolean;
}

function matches(pattern: FilterPattern, text: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'literal':
      return pattern.text === text;
    case 'regex':
      return pattern.regex.test(text);
  }
}

/** `null`, in any case, matches NULL and the texts null and NULL; `*` matches NULL too. */
function matchesValue(pattern: FilterPattern, value: string | null): boolean {
  if (pattern.kind === 'literal' && pattern.text.toLowerCase() === 'null') {
    return value === null || value === 'null' || value === 'NULL';
  }
  return value === null ? pattern.kind === 'any' : matches(pattern, value);
}

const included: TableVerdict = { kind: 'include', includesRow: () => true };
const excluded: TableVerdict = { kind: 'exclude', includesRow: () => false };

/** Tables that managed services write into all the time; Maxwell never emits them. */
function isNeverEmitted(database: string, table: string): boolean {
  return database === 'mysql' && (table === 'ha_health_check' || table.startsWith('rds_heartbeat'));
}

/** A filter: everything is included, then every rule in order overwrites the verdict, so that the last match wins. */
export class TableFilter {
  readonly #rules: readonly FilterRule[];

  /** @param text Maxwell's filter text, null for none; throws CONFIG_INVALID with the position of what is wrong */
  constructor(text: string | null) {
    this.#rules = text === null ? [] : parseFilter(text);
  }

  /** The verdict on a table. @param columns its column names, for rules on values */
  verdict(database: string, table: string, columns: readonly string[]): TableVerdict {
    if (isNeverEmitted(database, table)) return excluded;
    let base = true;
    let steps: ColumnStep[] = [];
    for (const rule of this.#rules) {
      if (!matches(rule.database, database) || !matches(rule.table, table)) continue;
      if (rule.column === null) {
        base = rule.isInclude;
        steps = [];
        continue;
      }
      const column = columns.indexOf(rule.column.name);
      if (column >= 0) steps.push({ column, isInclude: rule.isInclude, value: rule.column.value });
    }
    // A step that agrees with everything before it decides nothing.
    if (!steps.some((step) => step.isInclude !== base)) return base ? included : excluded;
    return {
      kind: 'rows',
      includesRow: (read) => {
        let verdict = base;
        for (const step of steps) {
          const value = read(step.column);
          if (value !== undefined && matchesValue(step.value, value)) verdict = step.isInclude;
        }
        return verdict;
      },
    };
  }
}
