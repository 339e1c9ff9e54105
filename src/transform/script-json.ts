/** Why a value that a script left cannot be written. The message never holds the value. */
export class ScriptValueError extends Error {}

const MAX_DEPTH = 100;

const hexUnit = (unit: number): string => `\\u${unit.toString(16).toUpperCase().padStart(4, '0')}`;

/** Escaped as the rows are: characters outside the BMP as two units, hexadecimal digits in upper case. */
function stringJson(text: string): string {
  return JSON.stringify(text)
    .replace(/\\(?:u[0-9a-f]{4}|.)/gu, (escape) =>
      escape.length > 2 ? `\\u${escape.slice(2).toUpperCase()}` : escape,
    )
    .replace(/[\u{10000}-\u{10FFFF}]/gu, (pair) => hexUnit(pair.charCodeAt(0)) + hexUnit(pair.charCodeAt(1)));
}

function objectJson(value: object, depth: number): string {
  if (depth >= MAX_DEPTH) throw new ScriptValueError('it is nested too deeply, or in itself');
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return jsonOf((value as { toJSON(): unknown }).toJSON(), depth + 1);
  }
  if (Array.isArray(value)) return `[${value.map((item) => jsonOf(item, depth + 1)).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined && typeof member !== 'function')
    .map(([name, member]) => `${stringJson(name)}:${jsonOf(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}

/**
 * A value of a script as JSON text: whole numbers beyond 2^53 exact where they are BigInt, undefined as null.
 * @throws ScriptValueError for functions, symbols, NaN, infinities and what holds itself
 */
export function jsonOf(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'undefined':
      return 'null';
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'string':
      return stringJson(value);
    case 'number':
      if (!Number.isFinite(value)) throw new ScriptValueError('it is NaN or infinite');
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : objectJson(value, depth);
    default:
      throw new ScriptValueError(`it is a ${typeof value}`);
  }
}
