import type { Command } from './command.ts';

const indent = 34;
const width = 110;

/** `  left   right`, the right part broken at blanks. */
function entry(left: string, right: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of right.split(' ')) {
    if (line !== '' && indent + line.length + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  const head = `  ${left}`;
  const [first = '', ...rest] = lines;
  const start =
    head.length < indent - 1 ? [`${head.padEnd(indent)}${first}`] : [head, ' '.repeat(indent) + first];
  return [...start, ...rest.map((text) => ' '.repeat(indent) + text)].join('\n');
}

/** A flag with what stands behind it. */
export function flagText(name: string, flag: Command['flags'][`--${string}`]): string {
  return flag.type === null ? name : `${name} ${flag.type.argument}`;
}

/** The commands in brief. */
export function renderCommands(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ usages }) => usages.map(({ words, summary }) => entry(words, summary)));
  return [
    'heaviside [COMMAND] [OPTIONS]   (run, where none is given)',
    '',
    ...lines,
    entry('COMMAND --help', 'The flags and exit codes of one command. docs/commands.md has all of them.'),
    entry('help [SECTION], --version', 'Exit codes of errors: docs/errors.md.'),
    '',
  ].join('\n');
}

/** One command in full; the product's options are in the whole help. */
export function renderCommand({ about, usages, flags, exitCodes }: Command): string {
  return [
    about,
    '',
    ...usages.map(({ words, summary }) => entry(`heaviside ${words}`, summary)),
    '',
    ...Object.entries(flags).map(([name, flag]) => entry(flagText(name, flag), flag.summary)),
    ...(Object.keys(flags).length > 0 ? [''] : []),
    ...exitCodes.map(({ code, meaning }) => entry(`exit code ${code}`, meaning)),
    entry('other exit codes', 'An error, by its code: docs/errors.md.'),
    '',
    'Options of the product (--config FILE and all others) may follow: heaviside --help.',
    '',
  ].join('\n');
}
