import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unpackSidClosure } from './install.ts';
import { findProgram } from './run-command.ts';
import { StackError } from './stack-error.ts';
import { stackDir } from './stack-file.ts';
import { withStackLock } from './stack-lock.ts';
import { unpackedProgram, type UnpackedProgram } from './unpacked-program.ts';

/** Prometheus and promtool: those on the PATH, else those of Debian sid, unpacked into the stack's folder. Throws StackError. */
export async function prometheusTools(): Promise<{
  readonly prometheus: UnpackedProgram;
  readonly promtool: UnpackedProgram;
}> {
  const [prometheus, promtool] = [findProgram('prometheus'), findProgram('promtool')];
  if (prometheus !== undefined && promtool !== undefined)
    return { prometheus: { command: prometheus, args: [] }, promtool: { command: promtool, args: [] } };
  const dir = stackDir();
  const root = join(dir, 'cache', 'prometheus');
  await withStackLock(dir, async () => {
    if (existsSync(root)) return;
    await unpackSidClosure('prometheus', ['prometheus', 'promtool'], root).catch((error: unknown) => {
      throw new StackError(
        `prometheus cannot be had: install it so that prometheus and promtool are on the PATH.\n${String(error)}`,
      );
    });
  });
  return {
    prometheus: unpackedProgram(root, 'usr/bin/prometheus'),
    promtool: unpackedProgram(root, 'usr/bin/promtool'),
  };
}
