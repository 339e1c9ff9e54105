import { SqlLexer, type SqlSyntax, type SqlToken } from './sql-lexer.ts';

/** A part of a statement that the reader does not know; never leaves src/ddl. */
export class NotUnderstoodError extends Error {
  override readonly name = 'NotUnderstoodError';
}

/** The one that is thrown, often and far from any reader of its stack: taking a stack each time costs more than the reading. */
export const notUnderstood = new NotUnderstoodError();

/** A table as a statement names it. */
export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** Walks over the tokens of a statement, reading only as far as it is asked to. */
export class SqlCursor {
  readonly #lexer: SqlLexer;
  readonly #defaultDatabase: string;
  readonly #ahead: SqlToken[] = [];

  constructor(text: string, syntax: SqlSyntax, defaultDatabase: string) {
    this.#lexer = new SqlLexer(text, syntax);
    this.#defaultDatabase = defaultDatabase;
  }

  /** The token `distance` ahead; 0 is the next one. */
  peek(distance = 0): SqlToken {
    while (this.#ahead.length <= distance) this.#ahead.push(this.#lexer.next());
    return this.#ahead[distance] as SqlToken;
  }

  next(): SqlToken {
    const token = this.peek();
    if (token.kind !== 'end') this.#ahead.shift();
    return token;
  }

  get isAtEnd(): boolean {
    return this.peek().kind === 'end';
  }

  /** Whether the next tokens are these keywords or symbols. */
  is(...words: readonly string[]): boolean {
    return words.every((word, index) => {
      const token = this.peek(index);
      return token.kind === 'symbol' ? token.text === word : token.keyword !== '' && token.keyword === word;
    });
  }

  /** Passes over the keywords or symbols if they are next. */
  accept(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    for (let i = 0; i < words.length; i++) this.next();
    return true;
  }

  /** Passes over the next token if it is one of the keywords; its text in lower case, or ''. */
  acceptOneOf(words: ReadonlySet<string>): string {
    const { keyword } = this.peek();
    if (keyword === '' || !words.has(keyword)) return '';
    this.next();
    return keyword;
  }

  /** @throws NotUnderstoodError */
  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) throw notUnderstood;
  }

  /** An identifier, quoted or not. @throws NotUnderstoodError */
  name(): string {
    const token = this.next();
    if (token.kind === 'name' || token.kind === 'word' || token.kind === 'number') return token.text;
    throw notUnderstood;
  }

  /** `table`, `database.table` or `.table`. @throws NotUnderstoodError */
  tableName(): TableName {
    if (this.accept('.')) return { database: this.#defaultDatabase, table: this.name() };
    const first = this.name();
    if (!this.accept('.')) return { database: this.#defaultDatabase, table: first };
    return { database: first, table: this.name() };
  }

  /** A name of a character set or collation, quoted in any way. @throws NotUnderstoodError */
  charsetName(): string {
    const token = this.next();
    if (token.kind === 'word' || token.kind === 'name' || token.kind === 'string')
      return token.text.toLowerCase();
    throw notUnderstood;
  }

  /** A whole number. @throws NotUnderstoodError */
  integer(): number {
    const token = this.next();
    if (token.kind !== 'number') throw notUnderstood;
    return Number(token.text);
  }

  /** Passes over an opening parenthesis and all up to its end. @throws NotUnderstoodError */
  parentheses(): void {
    this.expect('(');
    for (let depth = 1; depth > 0;) {
      const token = this.next();
      if (token.kind === 'end') throw notUnderstood;
      if (token.kind !== 'symbol') continue;
      if (token.text === '(') depth++;
      else if (token.text === ')') depth--;
    }
  }

  /** Passes over what is left of an element of a list: up to its comma, the parenthesis that closes the list, or the end. */
  skipElement(): void {
    for (let depth = 0; !this.isAtEnd; this.next()) {
      if (depth === 0 && (this.is(',') || this.is(')'))) return;
      if (this.is('(')) depth++;
      else if (this.is(')')) depth--;
    }
  }
}
