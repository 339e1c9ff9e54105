import { HeavisideError } from '../errors.ts';

/** What a name or value of a rule is compared with. */
export type FilterPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'regex'; readonly regex: RegExp };

/** One rule. `column` null: a rule on tables; otherwise it looks at the value of that column. */
export interface FilterRule {
  readonly isInclude: boolean;
  readonly database: FilterPattern;
  readonly table: FilterPattern;
  readonly column: { readonly name: string; readonly value: FilterPattern } | null;
}

type Token =
  | {
      readonly kind: 'word' | 'quoted' | 'regex' | 'symbol';
      readonly text: string;
      readonly position: number;
    }
  | { readonly kind: 'end'; readonly text: ''; readonly position: number };

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function isWordStart(character: string): boolean {
  return /[A-Za-z0-9_\u0080-\uffff]/.test(character);
}

/** Java's constructs that JavaScript reads as something else, or not at all. */
const foreignRegex = /\\[QEAZzGhHRX]|&&/;

/** A Java regular expression as JavaScript's; throws SyntaxError where it has no equal. */
function javaRegex(source: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const body = inline === null ? source : source.slice(inline[0].length);
  const flags = inline?.[1] ?? '';
  if (foreignRegex.test(body)) throw new SyntaxError('it uses a construct of Java that is not supported');
  try {
    return new RegExp(body, `${flags}u`);
  } catch (error) {
    // Escapes such as \- are errors only with the u flag; \p means something only with it.
    if (/\\[pP]/.test(body)) throw error;
    return new RegExp(body, flags);
  }
}

/**
 * Maxwell's filter grammar: rules `include|exclude|blacklist : DB . TABLE [ . COLUMN = VALUE ]`, separated by commas that may be left out.
 * Unlike in Maxwell a literal is a literal: characters such as `.` and `$` mean themselves.
 */
class FilterParser {
  readonly #text: string;
  #offset = 0;
  #token: Token;

  constructor(text: string) {
    this.#text = text;
    this.#token = this.#read();
  }

  parse(): FilterRule[] {
    const rules: FilterRule[] = [];
    while (this.#token.kind !== 'end') rules.push(this.#rule());
    return rules;
  }

  #rule(): FilterRule {
    const keyword = this.#token.kind === 'word' ? this.#token.text.toLowerCase() : '';
    if (keyword !== 'include' && keyword !== 'exclude' && keyword !== 'blacklist') {
      throw this.#fail('include, exclude or blacklist');
    }
    this.#next();
    this.#symbol(':');
    const database = this.#pattern();
    this.#symbol('.');
    const table = this.#pattern();
    let column: FilterRule['column'] = null;
    if (this.#is('.')) {
      this.#next();
      if (this.#token.kind !== 'word') throw this.#fail('a column name');
      const name = this.#token.text;
      this.#next();
      this.#symbol('=');
      column = { name, value: this.#pattern() };
    }
    if (this.#is(',')) this.#next();
    return { isInclude: keyword === 'include', database, table, column };
  }

  #pattern(): FilterPattern {
    const token = this.#token;
    let pattern: FilterPattern;
    if (token.kind === 'symbol' && token.text === '*') pattern = { kind: 'any' };
    else if (token.kind === 'word' || token.kind === 'quoted')
      pattern = { kind: 'literal', text: token.text };
    else if (token.kind === 'regex')
      pattern = { kind: 'regex', regex: this.#regex(token.text, token.position) };
    else throw this.#fail('a name, a quoted name, * or /a regular expression/');
    this.#next();
    return pattern;
  }

  #regex(source: string, position: number): RegExp {
    try {
      return javaRegex(source);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HeavisideError(
        'CONFIG_INVALID',
        `filter, position ${position}: the regular expression cannot be used: ${reason}`,
      );
    }
  }

  #is(symbol: string): boolean {
    return this.#token.kind === 'symbol' && this.#token.text === symbol;
  }

  #symbol(symbol: string): void {
    if (!this.#is(symbol)) throw this.#fail(`"${symbol}"`);
    this.#next();
  }

  #fail(expected: string): HeavisideError {
    const found = this.#token.kind === 'end' ? 'its end' : JSON.stringify(this.#token.text);
    return new HeavisideError(
      'CONFIG_INVALID',
      `filter, position ${this.#token.position}: expected ${expected}, found ${found}`,
    );
  }

  #next(): void {
    this.#token = this.#read();
  }

  #read(): Token {
    const text = this.#text;
    while (this.#offset < text.length && text.charAt(this.#offset) <= ' ') this.#offset++;
    const start = this.#offset;
    const position = start + 1;
    if (start >= text.length) return { kind: 'end', text: '', position };
    const first = text.charAt(start);
    if (first === '/') return { kind: 'regex', text: this.#delimited('/'), position };
    if (first === '"' || first === "'" || first === '`')
      return { kind: 'quoted', text: unescape(this.#delimited(first)), position };
    this.#offset++;
    if (!isWordStart(first)) return { kind: 'symbol', text: first, position };
    // A dash may stand inside a bare word.
    while (
      this.#offset < text.length &&
      (isWordStart(text.charAt(this.#offset)) || text.charAt(this.#offset) === '-')
    )
      this.#offset++;
    return { kind: 'word', text: text.slice(start, this.#offset), position };
  }

  /** The text up to the next unescaped delimiter; the cursor stands on the first one. */
  #delimited(delimiter: string): string {
    const start = this.#offset + 1;
    for (let at = start; at < this.#text.length; at++) {
      const character = this.#text.charAt(at);
      if (character === '\\') {
        at++;
      } else if (character === delimiter) {
        this.#offset = at + 1;
        return this.#text.slice(start, at);
      }
    }
    throw new HeavisideError(
      'CONFIG_INVALID',
      `filter, position ${start}: the ${delimiter} that opens here is not closed`,
    );
  }
}

/** Backslash escapes in quoted names. */
function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
}

/** The rules of a filter text, in order; throws CONFIG_INVALID with the position (from 1) of what is wrong. */
export function parseFilter(text: string): readonly FilterRule[] {
  return new FilterParser(text).parse();
}
