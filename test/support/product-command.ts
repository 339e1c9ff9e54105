import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { productEntry, productEnv } from './replica-process.ts';

/** How a command of the product ended. */
export interface ProductRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the product (`switchover`, `position …`, `status`) to its end. */
export async function runProduct(args: readonly string[]): Promise<ProductRun> {
  const child = spawn(process.execPath, [productEntry(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: productEnv(),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
