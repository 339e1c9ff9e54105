import { flagText } from '../src/cli/command-help.ts';
import type { Command } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function commandSection({ name, about, usages, flags, exitCodes }: Command): string {
  const flagRows = Object.entries(flags).map(
    ([flag, each]) => `| \`${cell(flagText(flag, each))}\` | ${cell(each.summary)} |`,
  );
  return [
    `## ${name}`,
    '',
    about,
    '',
    '| | |',
    '|---|---|',
    ...usages.map(({ words, summary }) => `| \`heaviside ${cell(words)}\` | ${cell(summary)} |`),
    '',
    ...(flagRows.length > 0 ? ['| flag | |', '|---|---|', ...flagRows, ''] : []),
    '| exit code | |',
    '|---|---|',
    ...exitCodes.map(({ code, meaning }) => `| ${code} | ${cell(meaning)} |`),
    '| others | an error, by its code: [errors.md](errors.md) |',
  ].join('\n');
}

/** docs/commands.md, from the table of commands. */
export function renderCommandsMarkdown(): string {
  return [
    '# Commands',
    '',
    '`heaviside COMMAND [WORDS] [FLAGS] [OPTIONS]`: the words stand first; flags of the command and options of the product ([options.md](options.md)) follow in any order, `--name value` or `--name=value`. Without a command it is `run`. `heaviside COMMAND --help` shows the same. Results are on stdout, progress and errors on stderr. An error is `CODE: cause` and the next step, and its code decides the exit code. Generated from the table in `src/cli/commands.ts` by `npm run docs`.',
    '',
    ...commands.map((command) => `${commandSection(command)}\n`),
    'More on [verify](verify.md) and on [plan](capacity.md).',
    '',
  ].join('\n');
}
