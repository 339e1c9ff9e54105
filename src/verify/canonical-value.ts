import { normaliseJson } from './exact-json.ts';
import type { ValueForm } from './value-form.ts';

/*
 * Two ways to one form of a value: from the text that the server's SELECT gives, and from the JSON of the record. Where
 * Maxwell's rendering loses something (zero parts of dates, trailing zeros of BINARY), the server's text loses it here too.
 */

/** What is compared of a column. */
export interface ComparedColumn {
  readonly form: ValueForm;
  /** Fractional digits of a DATETIME or TIMESTAMP. */
  readonly precision: number;
}

const JAVA_NUMBER = /^-?\d+\.\d+(E-?\d+)?$/;

const float = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Plain digits of a number in scientific notation, as many behind the point as it had. */
function plainDecimal(text: string): string {
  const [mantissa = '', exponent] = text.split('E');
  if (exponent === undefined) return text;
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const scale = fraction.length - Number(exponent);
  const digits = `${whole}${fraction}`.padStart(scale + 1, '0');
  return `${mantissa.startsWith('-') ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function jsonNumber(text: string): string {
  if (/^-?\d+$/.test(text)) return text === '-0' ? '0' : text;
  const value = Number(text);
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Numbers by value, strings in one way; the server's marks of binary values and its six digits of fractions go. */
function jsonDocument(text: string): string {
  return normaliseJson(text).replace(TOKEN, (token) => {
    if (!token.startsWith('"')) return jsonNumber(token);
    return token
      .replace(/^"base64:type\d+:/, '"')
      .replace(
        /^("(?:\d{4}-\d\d-\d\d )?-?\d\d:\d\d:\d\d)\.(\d*?)0*"$/,
        (_, time: string, fraction: string) => `${time}${fraction === '' ? '' : `.${fraction}`}"`,
      );
  });
}

const SINGLE_POINT = /\((-?[\d.e+-]+ -?[\d.e+-]+)\)/g;

/** Well-known text without blanks that mean nothing and without the brackets around single points: MULTIPOINT is written with and without them. */
function geometry(text: string): string {
  return text
    .replace(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g, (number) => String(Number(number)))
    .replace(/\s*([(),])\s*/g, '$1')
    .replace(SINGLE_POINT, '$1')
    .replace(SINGLE_POINT, '$1')
    .replace(/ ?EMPTY/g, '()')
    .replace(/([A-Z])(?=[-\d])/g, '$1 ');
}

function date(text: string): string {
  return /^0000|-00/.test(text) ? '0000-00-00' : text;
}

function datetime(text: string, precision: number): string {
  const [day = '', clock = ''] = text.split(' ');
  if (date(day) === day && day !== '0000-00-00') return `${day} ${clock}`;
  return `0000-00-00 00:00:00${precision === 0 ? '' : `.${'0'.repeat(precision)}`}`;
}

const fromHex = (text: string): Buffer => Buffer.from(text, 'hex');

function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** The form of what `selectExpression` gave; null for NULL. */
export function fromServer(
  { form, precision }: ComparedColumn,
  value: string | number | null,
): string | null {
  // In a record a JSON null and SQL NULL look alike.
  if (value === null) return form === 'json' ? 'null' : null;
  if (typeof value === 'number') return float(form === 'float' ? Math.fround(value) : value);
  const text = value;
  switch (form) {
    case 'float':
      return float(Math.fround(Number(text)));
    case 'double':
      return float(Number(text));
    case 'date':
      return date(text);
    case 'datetime':
      return datetime(text, precision);
    case 'text':
      return text.includes('\ufffd') ? text.replaceAll('\ufffd', '?') : text;
    case 'enum':
      return text;
    case 'set':
      return text === '' ? '[]' : JSON.stringify(text.split(','));
    case 'bytes':
      return text.toLowerCase();
    case 'padded-bytes':
      return withoutTrailingZeros(fromHex(text)).toString('hex');
    case 'json':
      return jsonDocument(text);
    case 'geometry':
      return geometry(text);
    case 'vector': {
      const bytes = fromHex(text);
      return Array.from({ length: bytes.length / 4 }, (_, index) => float(bytes.readFloatLE(index * 4))).join(
        ',',
      );
    }
    case 'integer':
      return text.replace(/^0+(?=\d)/, ''); // ZEROFILL
    case 'bit':
    case 'decimal':
    case 'time':
    case 'address':
      return text;
  }
}

function asString(json: string): string {
  if (json.startsWith('"') && !json.includes('\\')) return json.slice(1, -1);
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'string') throw new TypeError('no string');
  return value;
}

function matching(json: string, pattern: RegExp): string {
  if (!pattern.test(json)) throw new TypeError(`not of the form ${pattern}`);
  return json;
}

/** The form of the JSON in a record. Throws where it is of another kind than Maxwell has for the type. */
export function fromRecord({ form }: ComparedColumn, json: string): string | null {
  if (json === 'null') return form === 'json' ? 'null' : null;
  switch (form) {
    case 'integer':
    case 'bit':
      return matching(json, /^-?\d+$/);
    case 'decimal':
      return plainDecimal(matching(json, /^-?\d+(\.\d+)?(E-\d+)?$/));
    case 'float': {
      const value = Number(matching(json, JAVA_NUMBER));
      if (!Object.is(Math.fround(value), Math.fround(Math.fround(value)))) throw new TypeError('no float');
      return float(Math.fround(value));
    }
    case 'double':
      return float(Number(matching(json, JAVA_NUMBER)));
    case 'date':
    case 'datetime':
    case 'time':
    case 'address':
    case 'enum':
      return asString(json);
    case 'text':
      // A byte that means nothing in its character set: the server says ?, Java's decoders U+FFFD.
      return asString(json).replaceAll('\ufffd', '?');
    case 'set':
      return json.includes('\\') ? JSON.stringify(JSON.parse(json)) : json;
    case 'bytes':
    case 'padded-bytes':
      return Buffer.from(asString(json), 'base64').toString('hex');
    case 'json':
      return jsonDocument(json);
    case 'geometry':
      return geometry(asString(json));
    case 'vector':
      return matching(json, /^\[.*\]$/)
        .slice(1, -1)
        .split(',')
        .map((number) => float(Math.fround(Number(matching(number, JAVA_NUMBER)))))
        .join(',');
  }
}

/** What to select of a column so that it comes as text, bytes as hex. `name` is quoted. */
export function selectExpression(form: ValueForm, name: string, flavor: 'mysql' | 'mariadb'): string {
  switch (form) {
    case 'text':
    case 'set':
      return `CONVERT(${name} USING utf8mb4)`;
    case 'enum':
      // Index 0 is null, as Maxwell has it.
      return `IF(${name} + 0 = 0, NULL, CONVERT(${name} USING utf8mb4))`;
    case 'bytes':
    case 'padded-bytes':
    case 'vector':
      return `HEX(${name})`;
    case 'float':
    case 'double':
      // As a DOUBLE of no fixed digits: the text of FLOAT has six, that of DOUBLE all that it needs.
      return `${name} * 1e0`;
    case 'bit':
      return `CAST(CAST(${name} AS UNSIGNED) AS CHAR)`;
    case 'geometry':
      return flavor === 'mysql' ? `ST_AsText(${name}, 'axis-order=long-lat')` : `ST_AsText(${name})`;
    default:
      return `CAST(${name} AS CHAR)`;
  }
}
