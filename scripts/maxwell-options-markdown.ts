import { findForeignKey } from '../src/config/foreign-keys.ts';
import { isOptionName, optionOf, optionNames } from '../src/config/options.ts';
import { maxwellKeySections, type MaxwellKey } from './maxwell-keys.ts';

/** Escapes what would end a cell, or be taken for emphasis. */
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '&lt;');

/** What becomes of a key. Throws where nothing is said of it. */
function row({ name, difference }: MaxwellKey): string {
  if (isOptionName(name)) {
    const { summary } = optionOf(name);
    return `| \`${name}\` | works | ${cell(difference === undefined ? summary : `${summary} ${difference}`)} |`;
  }
  const foreign = findForeignKey(name);
  if (foreign === undefined)
    throw new Error(`${name} is a key of Maxwell, and no table says what happens to it`);
  const harmless =
    foreign.harmless === undefined
      ? ''
      : ` (${foreign.harmless.map((each) => `\`${each}\``).join(', ')}: accepted without a word)`;
  return `| \`${name}\` | ${foreign.effect} | ${cell(foreign.reason)}${harmless} |`;
}

/** The keys that come with Maxwell guides and are none of Maxwell's. */
function guideKeys(): string[] {
  return optionNames
    .filter((name) => optionOf(name).origin === 'guide')
    .map((name) => `| \`${name}\` | works | ${cell(optionOf(name).summary)} |`);
}

/** docs/maxwell-options.md: every key of Maxwell 1.45, and what a file that has it gets. */
export function renderMaxwellOptionsMarkdown(): string {
  const table = (title: string, rows: readonly string[]): string =>
    [`## ${title}`, '', '| key | effect | meaning, or why not |', '|---|---|---|', ...rows].join('\n');
  const all = maxwellKeySections.flatMap(({ keys }) => keys);
  const count = (effect: string): number => all.filter((key) => row(key).includes(`\` | ${effect} |`)).length;
  return `${[
    '# Options of Maxwell',
    `Every key that Maxwell 1.45 reads, and what happens to it here: ${count('works')} work, ${count('ignored')} are ignored with one warning each (they belong to what Heaviside does not have, or does in another way), ${count('refused')} are refused, because the stream would not be what they ask for. Defaults and ranges are in [options.md](options.md), differences in the stream in [maxwell-differences.md](maxwell-differences.md). Generated from the tables in \`src/config/\` by \`npm run docs\`.`,
    ...maxwellKeySections.map(({ title, keys }) => table(title, keys.map(row))),
    table('Keys of Maxwell guides', guideKeys()),
    '`kafka.*`: the keys of the Kafka producer are in [options.md](options.md#kafka), and those that have no effect in its last section.',
  ].join('\n\n')}\n`;
}
