import fc from 'fast-check';
import { expect, it } from 'vitest';

import { parseProperties } from '../../src/config/properties.ts';

/** Writes as java.util.Properties#store does: everything that has a meaning is escaped. */
const escape = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => text.charAt(i))
    .map((char) =>
      /[A-Za-z0-9]/u.test(char) ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .join('');

it('reads back whatever keys and values were written, in order', () => {
  const entry = fc.tuple(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }));
  const separator = fc.constantFrom('=', ':', ' ', ' = ', '\t:');
  fc.assert(
    fc.property(fc.array(entry), separator, (entries, between) => {
      const text = entries.map(([key, value]) => `${escape(key)}${between}${escape(value)}`).join('\n');
      expect(parseProperties(text).map(({ key, value }) => [key, value])).toEqual(entries);
    }),
  );
}, 60_000); // the first string of all code points takes seconds to prepare, on a busy machine many

it('never throws anything but a SyntaxError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\\', 'u', '0', '\n', '\r', '=', ':', ' ', '#', '!', 'k') }),
      (text) => {
        try {
          parseProperties(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      },
    ),
  );
});
