/*
 * Finds the members of a record without building it: numbers keep every digit, and what is of no interest is skipped.
 * Takes JSON as Heaviside and Maxwell write it; a text that is none throws SyntaxError sooner or later.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const fail = (at: number): never => {
  throw new SyntaxError(`no JSON at character ${at}`);
};

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) <= 0x20) next++;
  return next;
}

/** Behind the string that starts at `at`. */
function skipString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return fail(at);
}

/** Behind the value that starts at `at`. */
function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return skipString(text, at);
  let depth = 0;
  for (let next = at; next < text.length;) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) {
      next = skipString(text, next);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (depth === 0) return next;
      depth--;
      if (depth === 0) return next + 1;
    } else if (depth === 0 && (code === COMMA || code <= 0x20)) return next;
    next++;
  }
  return fail(at);
}

/**
 * Visits the members of the object that starts at `at`: the name with its quotes, and where its value starts and ends.
 * A visitor that returns false ends it.
 * @returns behind the object; -1 where it was ended
 */
export function visitMembers(
  text: string,
  at: number,
  visit: (name: string, start: number, end: number) => boolean,
): number {
  let next = skipBlanks(text, at);
  if (text.charCodeAt(next) !== OPEN_BRACE) fail(next);
  next = skipBlanks(text, next + 1);
  if (text.charCodeAt(next) === CLOSE_BRACE) return next + 1;
  for (;;) {
    if (text.charCodeAt(next) !== QUOTE) fail(next);
    const nameEnd = skipString(text, next);
    const name = text.slice(next, nameEnd);
    next = skipBlanks(text, nameEnd);
    if (text.charCodeAt(next) !== COLON) fail(next);
    const start = skipBlanks(text, next + 1);
    const end = skipValue(text, start);
    if (!visit(name, start, end)) return -1;
    next = skipBlanks(text, end);
    const code = text.charCodeAt(next);
    if (code === CLOSE_BRACE) return next + 1;
    if (code !== COMMA) fail(next);
    next = skipBlanks(text, next + 1);
  }
}
