import type { LoadedConfig } from '../config/load.ts';
import { asHeavisideError } from '../errors.ts';
import { limitHeapGrowth } from '../lifecycle/heap-growth.ts';
import { systemClock } from '../lifecycle/clock.ts';
import { Shutdown } from '../lifecycle/shutdown.ts';
import { Replica } from '../replica.ts';
import type { Command } from './command.ts';

/** One replica until it is told to leave. Resolves with the exit code; rejects with what ended it. */
async function run({ config, warnings }: LoadedConfig): Promise<number> {
  limitHeapGrowth();
  const replica = new Replica(config);
  for (const warning of warnings) replica.log.warn({}, warning);
  const shutdown = new Shutdown({
    signals: process,
    clock: systemClock,
    deadlineMs: config.process.shutdownTimeoutMs,
    onForced: (reason) => {
      replica.log.error({ reason }, 'leaving at once');
      replica.log.flush();
    },
    exit: (code) => process.exit(code),
  });
  process.on('unhandledRejection', (cause) => {
    const error = asHeavisideError(cause);
    replica.log.error({ code: error.code, error: cause }, 'an error was not handled: leaving');
    replica.log.flush();
    process.exit(error.exitCode);
  });
  try {
    await replica.checkAtStart();
    await replica.run(shutdown.signal);
    return 0;
  } finally {
    shutdown.finish();
  }
}

export const runCommand: Command = {
  name: 'run',
  about: 'Runs one replica. Start the same command with the same configuration on every machine.',
  usages: [{ words: 'run', summary: 'Replicate until told to leave (the command if none is given).' }],
  flags: {},
  exitCodes: [{ code: 0, meaning: 'It was told to leave, and everything it had written is committed.' }],
  run: ({ load }) => run(load()),
};
