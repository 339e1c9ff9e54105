/**
 * JSON compared as text, so that numbers keep every digit (JSON.parse rounds beyond 2^53 and drops the scale of
 * decimals): blanks between tokens go, strings are escaped in one way, the order of members stays.
 */

const BLANK = /[ \t\r\n]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const WORD = /true|false|null/y;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next value in its one form. Throws SyntaxError where the text is no JSON. */
  value(): string {
    this.#take(BLANK);
    const first = this.#text[this.#at];
    if (first === '{') return `{${this.members((name, value) => `${name}:${value}`).join(',')}}`;
    if (first === '[') return `[${this.#list(']', () => this.value()).join(',')}]`;
    if (first === '"') return this.#string();
    return this.#take(NUMBER) || this.#take(WORD) || this.#fail();
  }

  /** The members of the object that starts here. */
  members<T>(make: (name: string, value: string) => T): T[] {
    this.#take(BLANK);
    if (this.#text[this.#at] !== '{') this.#fail();
    return this.#list('}', () => {
      this.#take(BLANK);
      const name = this.#string();
      this.#take(BLANK);
      if (this.#text[this.#at] !== ':') this.#fail();
      this.#at += 1;
      return make(name, this.value());
    });
  }

  /** Throws SyntaxError unless nothing but blanks is left. */
  end(): void {
    this.#take(BLANK);
    if (this.#at !== this.#text.length) this.#fail();
  }

  #string(): string {
    const raw = this.#take(STRING);
    if (raw === '') this.#fail();
    return raw.includes('\\') ? JSON.stringify(JSON.parse(raw)) : raw;
  }

  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#at += 1;
    this.#take(BLANK);
    if (this.#text[this.#at] === close) {
      this.#at += 1;
      return items;
    }
    for (;;) {
      items.push(item());
      this.#take(BLANK);
      const next = this.#text[this.#at];
      this.#at += 1;
      if (next === close) return items;
      if (next !== ',') this.#fail();
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #fail(): never {
    throw new SyntaxError(`no JSON at character ${this.#at}`);
  }
}

/** The text in its one form. Throws SyntaxError where it is no JSON. */
export function normaliseJson(text: string): string {
  const scanner = new Scanner(text);
  const value = scanner.value();
  scanner.end();
  return value;
}

/** The members of a JSON object in order: name → value in its one form. Throws SyntaxError; a name given twice too. */
export function jsonMembers(text: string): Map<string, string> {
  const scanner = new Scanner(text);
  const members = new Map<string, string>();
  scanner.members((name, value) => {
    const key = JSON.parse(name) as string;
    if (members.has(key)) throw new SyntaxError(`"${key}" stands twice`);
    members.set(key, value);
  });
  scanner.end();
  return members;
}
