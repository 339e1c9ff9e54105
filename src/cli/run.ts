import type { LoadedConfig } from '../config/load.ts';
import { asHeavisideError } from '../errors.ts';
import { systemClock } from '../lifecycle/clock.ts';
import { Shutdown } from '../lifecycle/shutdown.ts';
import { Replica } from '../replica.ts';

/** `heaviside run`: one replica until it is told to leave. Resolves with the exit code; rejects with what ended it. */
export async function runCommand({ config, warnings }: LoadedConfig): Promise<number> {
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
