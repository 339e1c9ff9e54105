#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { checkCommand } from './cli/check.ts';
import { positionCommand } from './cli/position.ts';
import { runCommand } from './cli/run.ts';
import { statusCommand } from './cli/status.ts';
import { switchoverCommand } from './cli/switchover.ts';
import { renderHelp } from './config/help.ts';
import { loadConfig, type LoadedConfig } from './config/load.ts';
import { asHeavisideError, HeavisideError } from './errors.ts';
import { version } from './version.ts';

/** A subcommand: gets its own arguments, resolves with the exit code. */
type Command = (loaded: LoadedConfig, args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  run: runCommand,
  check: checkCommand,
  status: statusCommand,
  switchover: switchoverCommand,
  position: positionCommand,
};

const commandHelp = `heaviside [COMMAND] [OPTIONS]

  run                             Replicate until told to leave (the command if none is given).
  check [--json]                  Look at everything that a takeover needs, and change nothing.
  status [--json]                 Show the leader, the position, the lag and all replicas.
  switchover [REPLICA]            Ask the leader to leave, and wait until another replica leads.
  position get [--json]           Show the committed position.
  position set POSITION           Go on from FILE:OFFSET or a GTID set; --now: from the source's end;
                                  --from-checkpoint: from the one in Redis. --force: unchecked.
  position skip GTID              Pass over one transaction.
  help [SECTION], --version       Exit codes: docs/errors.md.
`;

/** Words that stand before the options: the command and its arguments. */
function splitArguments(argv: readonly string[]): { words: string[]; options: string[] } {
  const firstOption = argv.findIndex((word) => word.startsWith('-') && word !== '-');
  const end = firstOption < 0 ? argv.length : firstOption;
  return { words: argv.slice(0, end), options: argv.slice(end) };
}

/** Flags of the commands themselves, which are no options of the product. */
const commandFlags = new Set(['--json', '--force', '--from-checkpoint', '--now']);

async function main(argv: readonly string[]): Promise<number> {
  const { words, options } = splitArguments(argv);
  if (options.includes('--version')) {
    process.stdout.write(`heaviside ${version}\n`);
    return 0;
  }
  const [name = 'run', ...args] = words;
  const help = options.indexOf('--help');
  if (help >= 0 || name === 'help') {
    const section = options[help + 1] ?? (name === 'help' ? args[0] : undefined);
    process.stdout.write(section === undefined ? `${commandHelp}\n${renderHelp()}` : renderHelp(section));
    return 0;
  }
  const command = commands[name];
  if (!command) {
    throw new HeavisideError(
      'CONFIG_INVALID',
      `there is no command "${name}"; commands: ${Object.keys(commands).join(', ')}`,
    );
  }
  const flags = options.filter((option) => commandFlags.has(option));
  const loaded = loadConfig({
    argv: options.filter((option) => !commandFlags.has(option)),
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  return command(loaded, [...args, ...flags]);
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
