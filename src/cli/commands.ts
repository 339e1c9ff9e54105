import { checkCommand } from './check.ts';
import type { Command } from './command.ts';
import { planCommand } from './plan.ts';
import { positionCommand } from './position.ts';
import { runCommand } from './run.ts';
import { snapshotCommand } from './snapshot.ts';
import { statusCommand } from './status.ts';
import { switchoverCommand } from './switchover.ts';
import { verifyCommand } from './verify.ts';

/** Every command, in the order of the help: the one table behind the command line, --help and docs/commands.md. */
export const commands: readonly Command[] = [
  runCommand,
  checkCommand,
  statusCommand,
  switchoverCommand,
  positionCommand,
  snapshotCommand,
  verifyCommand,
  planCommand,
];
