import { expect, it } from 'vitest';
import { deadLetterOf } from '../../../src/produce/dead-letter.ts';

const letter = (key: string | null, topic = 'dead'): unknown => {
  const { topic: name, value } = deadLetterOf(key === null ? null : Buffer.from(key), topic);
  return [name, value];
};
const text = (database: string, data: string): string =>
  `{${database}"type":"insert","reason":"RecordTooLargeException","data":{${data}}}`;

it.each([
  ['{"database":"d","table":"t","pk.id":18446744073709551615}', '"id":18446744073709551615'],
  ['{"database":"d","table":"t","pk.a,b":"x\\"},{","pk.c":null}', '"a,b":"x\\"},{","c":null'],
  ['["d","t",[{"id":1.50},{"x":"ü"}]]', '"id":1.50,"x":"ü"'],
  ['{"database":"d","table":"t","_uuid":"0"}', ''],
])('a dead letter has the key of %s, to the digit', (key, data) => {
  expect(letter(key)).toEqual(['dead', text('"database":"d","table":"t",', data)]);
});

it.each([null, 'no JSON', '7'])('a key that is not Maxwell’s (%s) leaves the reason alone', (key) => {
  expect(letter(key)).toEqual(['dead', text('', '')]);
});

it('its topic may be a template', () => {
  const [topic] = letter('{"database":"d","table":"t","pk.id":1}', 'dead.%{database}.%{table}%{type}') as [
    string,
  ];
  expect(topic).toBe('dead.d.t');
});
