import { HeavisideError } from '../errors.ts';

/** What stands in the place of a secret. */
const mask = '***';

const secretName = /pass(word|wd|phrase)?$|secret|sasl|jaas|token|credential|private_?key|authorization/i;
// A name that speaks of a secret, but holds none.
const harmlessName = /mechanism|file$|location$/i;
const urlCredentials = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s/]*@/gi;
const urlPassword = /([?&](?:password|secret|token)=)[^&\s"']+/gi;
const jaasPassword = /(?<![?&])\b(password\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s;]+)/gi;
const maxDepth = 5;

/** Whether a field or an option of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessName.test(name);
}

/** The text without credentials in URLs (`redis://user:password@…`) and without `password=…`. */
export function redactText(text: string): string {
  return text
    .replace(urlCredentials, `$1${mask}@`)
    .replace(urlPassword, `$1${mask}`)
    .replace(jaasPassword, `$1${mask}`);
}

/** A copy fit for a log line: secrets masked, errors described, big integers as text, five levels deep. */
export function redactFields(fields: object): Record<string, unknown> {
  return redactEntries(fields, 0);
}

function redactEntries(fields: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const hides = isSecretName(name) && value !== null && value !== undefined && typeof value !== 'boolean';
    copy[name] = hides ? mask : redactValue(value, depth + 1);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return value.toISOString();
  // Bytes may be row values.
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, depth + 1));
  if (value instanceof Map) return redactEntries(Object.fromEntries(value) as object, depth);
  if (value instanceof Set) return [...value].map((item: unknown) => redactValue(item, depth + 1));
  return redactEntries(value, depth);
}

/** An error as fields of a log line: type, message, code, the operator's hint, the cause in its turn, and the stack. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: redactText(String(error)) };
  const described: Record<string, unknown> = { type: error.name, message: redactText(error.message) };
  const code: unknown = (error as { code?: unknown }).code;
  if (typeof code === 'string' || typeof code === 'number') described['code'] = code;
  if (error instanceof HeavisideError) {
    described['reaction'] = error.reaction;
    described['hint'] = error.hint;
  }
  if (error.cause !== undefined && depth < maxDepth)
    described['cause'] = describeError(error.cause, depth + 1);
  if (error instanceof AggregateError && depth < maxDepth) {
    described['errors'] = error.errors.map((inner: unknown) => describeError(inner, depth + 1));
  }
  if (error.stack !== undefined) described['stack'] = redactText(error.stack);
  return described;
}
