import { errorTable, type Reaction } from '../src/errors.ts';
import { shutdownExitCodes } from '../src/lifecycle/shutdown.ts';

/** What a process does about an error, by its reaction in the table. */
const reactions: Readonly<Record<Reaction, string>> = {
  retry: 'the process tries again by itself, with growing waits',
  rebuild:
    'a new producer is made: fence, read the position, drop or repeat the batch; nothing is lost by it',
  'step-down': 'this replica gives up its leadership at once and becomes a candidate again',
  wait: 'the process stays up, live and not ready, and looks again every 30 s',
  blocked:
    'the cluster stops at this position until an operator acts; every replica stays live and not ready',
  exit: 'the process ends',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

function errorRows(): string[] {
  return Object.entries(errorTable).map(
    ([code, { reaction, exitCode, hint }]) => `| \`${code}\` | ${reaction} | ${exitCode} | ${cell(hint)} |`,
  );
}

/** The codes of the table by exit code, then those of a process that was told to leave. */
function exitCodeRows(): string[] {
  const codes = new Map<number, string[]>();
  for (const [code, { exitCode }] of Object.entries(errorTable))
    codes.set(exitCode, [...(codes.get(exitCode) ?? []), `\`${code}\``]);
  return [
    `| ${shutdownExitCodes.graceful} | the command did what it was asked; \`run\` left after SIGTERM or SIGINT with everything committed |`,
    ...[...codes]
      .sort(([a], [b]) => a - b)
      .map(([exitCode, names]) => `| ${exitCode} | ${names.join(', ')} |`),
    `| ${shutdownExitCodes.deadline} | \`shutdown_timeout_ms\` passed before everything had stopped |`,
    `| ${shutdownExitCodes.SIGINT}, ${shutdownExitCodes.SIGTERM} | a second SIGINT or SIGTERM ended the process at once |`,
  ];
}

/** docs/errors.md, from the table of errors. */
export function renderErrorsMarkdown(): string {
  return [
    '# Errors and exit codes',
    '',
    'Every error has a code, its cause in words, and the next step. A command that ends with one prints `CODE: cause` and `→ next step` on stderr; a running process logs `code`, `error` and `hint`, tells the code on `/readyz`, and shows all three under `refusal` or `blocked` on `/status`. Generated from the table in `src/errors.ts` by `npm run docs`.',
    '',
    '## What the process does',
    '',
    '| reaction | meaning |',
    '|---|---|',
    ...Object.entries(reactions).map(([reaction, meaning]) => `| ${reaction} | ${meaning} |`),
    '',
    'Without HA (`ha=false`) there is no other replica and nobody who could clear a block: `wait` and `blocked` end the process too, with the exit code of the error. A source, a Kafka or a Redis that cannot be reached is always waited for. A command (`check`, `position`, …) ends with the exit code of the error whatever its reaction.',
    '',
    '## Errors',
    '',
    '| code | reaction | exit code | next step |',
    '|---|---|---|---|',
    ...errorRows(),
    '',
    '## Exit codes',
    '',
    '| exit code | meaning |',
    '|---|---|',
    ...exitCodeRows(),
    '',
    'The exit codes of each command: [commands.md](commands.md).',
    '',
  ].join('\n');
}
