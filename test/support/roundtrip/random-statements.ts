import type { SeededRandom } from '../seeded-random.ts';
import { quoteName, type RandomColumn, type RandomTable } from './random-table.ts';

/** Statements that change rows of a table, whole transactions at a time. */
export class RandomStatements {
  readonly #random: SeededRandom;
  readonly #table: RandomTable;
  /** Literals that were written, by column: where a small case is looked for. */
  readonly literals = new Map<string, Set<string>>();
  readonly #written: readonly RandomColumn[];

  constructor(random: SeededRandom, table: RandomTable) {
    this.#random = random;
    this.#table = table;
    this.#written = table.columns.filter(({ isGenerated }) => !isGenerated);
  }

  /** One transaction. `rows`: about how many rows it may change. */
  transaction(rows: number, isFirst = false): string[] {
    const random = this.#random;
    if (isFirst) return [this.#insert(rows)];
    if (random.chance(0.6)) return [this.#statement(rows)];
    const body = Array.from({ length: random.between(2, 5) }, () => this.#statement(Math.ceil(rows / 4)));
    if (random.chance(0.3)) body.splice(1, 0, 'SAVEPOINT s', this.#statement(5), 'ROLLBACK TO SAVEPOINT s');
    return ['START TRANSACTION', ...body, random.chance(0.1) ? 'ROLLBACK' : 'COMMIT'];
  }

  #statement(rows: number): string {
    const random = this.#random;
    const kind = random.between(0, 9);
    if (kind < 3) return this.#insert(random.between(1, rows));
    if (kind < 7) return this.#update(random.between(1, rows));
    if (kind < 9) return `DELETE FROM ${this.#name} ${this.#some(random.between(1, Math.ceil(rows / 2)))}`;
    return this.#upsert(random.between(1, 5));
  }

  get #name(): string {
    return quoteName(this.#table.name);
  }

  #some(count: number): string {
    return `ORDER BY RAND(${this.#random.between(0, 1e6)}) LIMIT ${count}`;
  }

  #values(): string {
    return `(${this.#written.map((column) => this.#value(column)).join(', ')})`;
  }

  #value(column: RandomColumn): string {
    const random = this.#random;
    if (column.isNullable && random.chance(0.12)) return 'NULL';
    const literal = column.type.literal(random);
    let known = this.literals.get(column.name);
    if (known === undefined) this.literals.set(column.name, (known = new Set()));
    if (known.size < 2000) known.add(literal);
    return literal;
  }

  get #names(): string {
    return this.#written.map(({ name }) => quoteName(name)).join(', ');
  }

  #rows(count: number): string {
    return `${this.#name} (${this.#names}) VALUES ${Array.from({ length: count }, () => this.#values()).join(', ')}`;
  }

  #insert(count: number): string {
    return `INSERT IGNORE INTO ${this.#rows(count)}`;
  }

  #upsert(count: number): string {
    if (this.#random.chance(0.5)) return `REPLACE INTO ${this.#rows(count)}`;
    const column = this.#random.pick(this.#written);
    return `INSERT IGNORE INTO ${this.#rows(count)} ON DUPLICATE KEY UPDATE ${quoteName(column.name)} = VALUES(${quoteName(column.name)})`;
  }

  #update(count: number): string {
    const random = this.#random;
    const { key } = this.#table;
    const changed = this.#written.filter(
      ({ name }) => !key.includes(name) && random.chance(2.5 / this.#written.length),
    );
    // A new key fits one row.
    const isKeyChange = key.length > 0 && (changed.length === 0 || random.chance(0.2));
    if (isKeyChange)
      changed.push(
        ...this.#written.filter(({ name }) => key.includes(name)).slice(0, random.between(1, key.length)),
      );
    if (changed.length === 0) changed.push(random.pick(this.#written));
    const isInteger = isKeyChange && changed.length === 1 && changed[0]?.type.sql === 'INT';
    const sets = changed.map((column) => {
      const name = quoteName(column.name);
      if (isInteger) return `${name} = ${name} + ${random.between(1, 999_999)}`;
      return `${name} = ${column.isNullable && random.chance(0.1) ? 'NULL' : this.#value(column)}`;
    });
    return `UPDATE IGNORE ${this.#name} SET ${sets.join(', ')} ${this.#some(isKeyChange && !isInteger ? 1 : count)}`;
  }
}
