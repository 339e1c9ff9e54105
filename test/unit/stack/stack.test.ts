import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { debianMirror } from '../../../scripts/stack/install.ts';
import { entryOf, kindOf, readStack, writeStack } from '../../../scripts/stack/stack-file.ts';
import { withStackLock } from '../../../scripts/stack/stack-lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stack-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a server keeps the ports it was given, and no two servers share one', async () => {
  const state = readStack(dir);
  for (const name of ['mysql', 'kafka3-0', 'kafka3-1', 'kafka3-2']) await entryOf(state, name);
  writeStack(dir, state);
  const again = readStack(dir);
  expect(await entryOf(again, 'kafka3-1')).toEqual(state.servers['kafka3-1']);
  expect(again.accounts).toEqual(state.accounts);
  const ports = Object.values(again.servers).flatMap((entry) =>
    [entry.port, entry.controllerPort ?? []].flat(),
  );
  expect(ports).toHaveLength(7);
  expect(new Set(ports).size).toBe(7);
  expect(ports.every((port) => port >= 21_000 && port < 32_768)).toBe(true);
});

test('the description holds passwords and is readable by its owner only', () => {
  writeStack(dir, readStack(dir));
  expect(statSync(join(dir, 'stack.json')).mode & 0o777).toBe(0o600);
});

test('a name outside the stack is refused', () => {
  expect(kindOf('kafka3-2')).toBe('kafka');
  expect(() => kindOf('kafka-1')).toThrow('no server "kafka-1"');
});

test('the lock lets one at a time in and leaves nothing behind', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(5);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withStackLock(dir, work)));
  expect(most).toBe(1);
  expect(readdirSync(dir)).toEqual([]);
});

test('the lock of a dead process is taken over', async () => {
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, startTicks: '1' }));
  await expect(withStackLock(dir, async () => 'in')).resolves.toBe('in');
  expect(readdirSync(dir)).toEqual([]);
});

test('work that throws gives the lock back', async () => {
  await expect(withStackLock(dir, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withStackLock(dir, async () => 'in')).resolves.toBe('in');
});

test("the mirror is found in both of apt's formats, past comments and other hosts", () => {
  const deb822 = `# URIs: http://old.test/debian\nTypes: deb\nURIs: http://a.test/other\nSuites: x\n
Types: deb\n# note\nURIs: http://b.test/debian\nSuites: bookworm\nSigned-By: /k.gpg\n`;
  expect(debianMirror([deb822])).toEqual({ uri: 'http://b.test/debian', signedBy: '/k.gpg' });
  const lines =
    '# deb http://c.test/debian x main\ndeb [arch=amd64 signed-by=/l.gpg] http://d.test/debian x main\n';
  expect(debianMirror([lines])).toEqual({ uri: 'http://d.test/debian', signedBy: '/l.gpg' });
  expect(debianMirror(['deb http://e.test/ubuntu noble main\n'])).toBeUndefined();
});
