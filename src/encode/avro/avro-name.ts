/** A unit that no Avro name may hold, and an underscore that would read as the start of an escape. */
const escaped = /[^A-Za-z0-9_]|_(?=u[0-9a-f]{4})|^[0-9]/g;

/**
 * A name of MySQL as a name of Avro (letters, digits, underscores; no digit first). Injective, so that no two columns or
 * tables meet: what is not allowed becomes `_u` and the four hexadecimal digits of its UTF-16 unit (`a-b` → `a_u002db`).
 */
export function avroName(name: string): string {
  return name.replace(escaped, (unit) => `_u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
