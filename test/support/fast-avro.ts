import { spawn } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { aptInstall } from '../../scripts/stack/install.ts';
import { progress } from '../../scripts/stack/progress.ts';
import { findProgram, runCommand } from '../../scripts/stack/run-command.ts';
import { stackDir } from '../../scripts/stack/stack-file.ts';

const VERSION = '1.13.1';
const script = fileURLToPath(new URL('read-avro.py', import.meta.url));

/** One record and the schemas to read it with. */
export interface AvroReading {
  readonly writer: string;
  /** The schema of the consumer; null: the writer's. */
  readonly reader: string | null;
  readonly body: Buffer;
}

/** Fetches fastavro into the stack's cache once; the folder to put on PYTHONPATH. */
async function install(): Promise<string> {
  const folder = join(stackDir(), 'cache', `fastavro-${VERSION}`);
  if (existsSync(folder)) return folder;
  if (findProgram('python3') === undefined || (await hasNoPip()))
    await aptInstall('fastavro', ['python3', 'python3-pip'], 'a python3 with pip on the PATH');
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  progress('fastavro', `fetching ${VERSION} with pip`);
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial];
  await runCommand('python3', [...args, `fastavro==${VERSION}`]);
  renameSync(partial, folder);
  return folder;
}

async function hasNoPip(): Promise<boolean> {
  return runCommand('python3', ['-m', 'pip', '--version']).then(
    () => false,
    () => true,
  );
}

/** Turns the tags of read-avro.py into values: integers are bigints, decimals and times their text, bytes buffers. */
function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const members = Object.entries(value);
  const [tag, content] = members[0] ?? ['', ''];
  if (members.length === 1 && typeof content === 'string') {
    if (tag === '$int') return BigInt(content);
    if (tag === '$float') return Number(content);
    if (tag === '$bytes') return Buffer.from(content, 'hex');
    if (tag === '$decimal' || tag === '$time') return content;
  }
  return Object.fromEntries(members.map(([name, each]) => [name, revive(each)]));
}

/** Reads records with fastavro, an implementation of Avro that shares nothing with the product; rejects with its words. */
export async function readWithFastavro(readings: readonly AvroReading[]): Promise<unknown[]> {
  const env = { ...process.env, PYTHONPATH: await install() };
  const child = spawn('python3', [script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined); // it ended early: its own words tell why
  child.stdin.end(
    readings
      .map(({ body, ...schemas }) => `${JSON.stringify({ ...schemas, body: body.toString('hex') })}\n`)
      .join(''),
  );
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`fastavro: ${errors.trimEnd().split('\n').slice(-3).join('\n')}`);
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => revive(JSON.parse(line)));
}
