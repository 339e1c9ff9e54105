import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

const module = new URL('../../../src/election/event-loop-watchdog.ts', import.meta.url).href;

/** Runs code in a process of its own, with a watchdog; `act` may send it signals after it has written "ready". */
async function run(
  code: string,
  act?: (pid: number) => Promise<void>,
): Promise<{ end: string; stderr: string }> {
  const script = `
    import { writeSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const { EventLoopWatchdog } = await import(${JSON.stringify(module)});
    const block = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
    const watchdog = new EventLoopWatchdog();
    await sleep(100);
    writeSync(1, 'ready');
    ${code}`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  if (act !== undefined && child.pid !== undefined) await act(child.pid);
  const [exit, signal] = (await ended) as [number | null, string | null];
  return { end: signal ?? `exit ${exit}`, stderr };
}

describe('the watchdog', { timeout: 30_000 }, () => {
  it('ends a process whose event loop stands still while it leads, with a line that says so', async () => {
    const { end, stderr } = await run('watchdog.arm(400); await sleep(200); block(5000); process.exit(7);');
    expect(end).toBe('SIGKILL');
    expect(JSON.parse(stderr)).toMatchObject({ level: 'fatal', limitMs: 400 });
  });

  it('leaves alone what blocks shortly, or does not lead', async () => {
    const code =
      'watchdog.arm(1200); block(500); await sleep(200); block(500); watchdog.disarm(); block(2000); process.exit(7);';
    expect(await run(code)).toEqual({ end: 'exit 7', stderr: '' });
  });

  it('leaves alone a process that was stopped and goes on', async () => {
    const result = await run('watchdog.arm(800); await sleep(2500); process.exit(7);', async (pid) => {
      await sleep(200);
      process.kill(pid, 'SIGSTOP');
      await sleep(1500);
      process.kill(pid, 'SIGCONT');
    });
    expect(result).toEqual({ end: 'exit 7', stderr: '' });
  });

  it('does not keep a process alive, and closes', async () => {
    expect((await run('watchdog.arm(400);')).end).toBe('exit 0');
    expect((await run('watchdog.arm(400); await watchdog.close(); await sleep(600);')).end).toBe('exit 0');
  });
});
