#!/usr/bin/env -S node --max-semi-space-size=4
import { readFileSync } from 'node:fs';
import { takeFlags } from './cli/command.ts';
import { renderCommand, renderCommands } from './cli/command-help.ts';
import { commands } from './cli/commands.ts';
import { renderHelp } from './config/help.ts';
import { loadConfig } from './config/load.ts';
import { asHeavisideError, HeavisideError } from './errors.ts';
import { version } from './version.ts';

/** Words that stand before the options: the command and its arguments. */
function splitArguments(argv: readonly string[]): { words: string[]; options: string[] } {
  const firstOption = argv.findIndex((word) => word.startsWith('-') && word !== '-');
  const end = firstOption < 0 ? argv.length : firstOption;
  return { words: argv.slice(0, end), options: argv.slice(end) };
}

/** Help of a section of the options (`--help kafka`, `help kafka`), of a command (`verify --help`, `help verify`), or whole. */
function help(name: string | undefined, section: string | undefined): string {
  const command = commands.find((each) => each.name === (name === 'help' ? section : name));
  if (command && (section === undefined || name === 'help')) return renderCommand(command);
  return section === undefined ? `${renderCommands(commands)}\n${renderHelp()}` : renderHelp(section);
}

async function main(argv: readonly string[]): Promise<number> {
  const { words, options } = splitArguments(argv);
  if (options.includes('--version')) {
    process.stdout.write(`heaviside ${version}\n`);
    return 0;
  }
  const helpAt = options.indexOf('--help');
  if (helpAt >= 0 || words[0] === 'help') {
    process.stdout.write(help(words[0], words[0] === 'help' ? words[1] : options[helpAt + 1]));
    return 0;
  }
  const [name = 'run', ...rest] = words;
  const command = commands.find((each) => each.name === name);
  if (!command) {
    const known = commands.map((each) => each.name).join(', ');
    throw new HeavisideError('CONFIG_INVALID', `there is no command "${name}"; commands: ${known}`);
  }
  const taken = takeFlags(command, options);
  return command.run({
    words: rest,
    flags: taken.flags,
    load: () =>
      loadConfig({
        argv: taken.options,
        env: process.env,
        readFile: (path) => readFileSync(path, 'utf8'),
      }),
  });
}

function report(cause: unknown): number {
  const error = asHeavisideError(cause);
  process.stderr.write(`${error.code}: ${error.message}\n  → ${error.hint}\n`);
  if (error.code === 'INTERNAL' && error.cause instanceof Error)
    process.stderr.write(`${error.cause.stack}\n`);
  return error.exitCode;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (cause: unknown) => process.exit(report(cause)),
);
