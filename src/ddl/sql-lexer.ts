/** A piece of a statement. */
export interface SqlToken {
  /** word: unquoted, a keyword or a name; name: a quoted identifier; string: without its quotes, escapes resolved. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol' | 'end';
  readonly text: string;
  /** The word in lower case; empty for other kinds. */
  readonly keyword: string;
}

/** How the server read the text. */
export interface SqlSyntax {
  readonly flavor: 'mysql' | 'mariadb';
  /** sql_mode ANSI_QUOTES: double quotes enclose names. */
  readonly hasAnsiQuotes: boolean;
  /** sql_mode NO_BACKSLASH_ESCAPES. */
  readonly hasBackslashEscapes: boolean;
}

const END: SqlToken = { kind: 'end', text: '', keyword: '' };
const ESCAPES: Readonly<Record<string, string>> = {
  0: '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\u001a',
  '%': '\\%',
  _: '\\_',
};

const isBlank = (code: number): boolean => code <= 0x20;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isNamePart = (code: number): boolean =>
  isDigit(code) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f ||
  code === 0x24 ||
  code >= 0x80;

/** Cuts a statement into tokens, one at a time: each character is looked at a bounded number of times. Never throws. */
export class SqlLexer {
  readonly #text: string;
  readonly #syntax: SqlSyntax;
  #at = 0;

  constructor(text: string, syntax: SqlSyntax) {
    this.#text = text;
    this.#syntax = syntax;
  }

  /** The next token; `end` at the end, at a semicolon and for ever after. */
  next(): SqlToken {
    this.#skipBlanks();
    const text = this.#text;
    const start = this.#at;
    if (start >= text.length) return END;
    const first = text.charAt(start);
    if (first === ';') {
      this.#at = text.length;
      return END;
    }
    if (first === '`') return { kind: 'name', text: this.#quoted('`', false), keyword: '' };
    if (first === '"' && this.#syntax.hasAnsiQuotes)
      return { kind: 'name', text: this.#quoted('"', false), keyword: '' };
    if (first === "'" || first === '"') {
      return { kind: 'string', text: this.#quoted(first, this.#syntax.hasBackslashEscapes), keyword: '' };
    }
    if (!isNamePart(text.charCodeAt(start))) {
      this.#at++;
      return { kind: 'symbol', text: first, keyword: '' };
    }
    let isNumber = true;
    while (this.#at < text.length && isNamePart(text.charCodeAt(this.#at))) {
      if (!isDigit(text.charCodeAt(this.#at))) isNumber = false;
      this.#at++;
    }
    const word = text.slice(start, this.#at);
    return isNumber
      ? { kind: 'number', text: word, keyword: '' }
      : { kind: 'word', text: word, keyword: word.toLowerCase() };
  }

  /** Blanks and comments. What stands in an executable comment is a part of the statement: the server un-marks what it passed over. */
  #skipBlanks(): void {
    const text = this.#text;
    for (;;) {
      while (this.#at < text.length && isBlank(text.charCodeAt(this.#at))) this.#at++;
      const at = this.#at;
      const first = text.charAt(at);
      if (first === '#') this.#skipLine();
      else if (first === '-' && text.charAt(at + 1) === '-' && this.#isBlankOrEnd(at + 2)) this.#skipLine();
      else if (first === '*' && text.charAt(at + 1) === '/')
        this.#at += 2; // of an executable comment
      else if (first === '/' && text.charAt(at + 1) === '*') this.#comment();
      else return;
    }
  }

  #isBlankOrEnd(at: number): boolean {
    return at >= this.#text.length || isBlank(this.#text.charCodeAt(at));
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
  }

  #comment(): void {
    const text = this.#text;
    const mark = text.charAt(this.#at + 2);
    const isMariadbs = mark === 'M' && text.charAt(this.#at + 3) === '!' && this.#syntax.flavor === 'mariadb';
    if (mark === '!' || isMariadbs) {
      this.#at += isMariadbs ? 4 : 3;
      for (let digits = 0; digits < 6 && isDigit(text.charCodeAt(this.#at)); digits++) this.#at++;
      return;
    }
    const end = text.indexOf('*/', this.#at + 2);
    this.#at = end < 0 ? text.length : end + 2;
  }

  /** What the quotes at the cursor enclose; a doubled quote stands for one. Unclosed: all the rest. */
  #quoted(quote: string, hasEscapes: boolean): string {
    const text = this.#text;
    const parts: string[] = [];
    let from = ++this.#at;
    for (; this.#at < text.length; this.#at++) {
      const character = text.charAt(this.#at);
      if (character === '\\' && hasEscapes) {
        const escaped = text.charAt(this.#at + 1);
        parts.push(text.slice(from, this.#at), ESCAPES[escaped] ?? escaped);
        from = ++this.#at + 1;
      } else if (character === quote) {
        parts.push(text.slice(from, this.#at));
        from = this.#at + 1;
        if (text.charAt(from) !== quote) break;
        this.#at++;
      }
    }
    const isOpen = this.#at >= text.length;
    if (isOpen && from < text.length) parts.push(text.slice(from));
    this.#at = Math.min(text.length, this.#at + 1);
    return parts.join('');
  }
}
