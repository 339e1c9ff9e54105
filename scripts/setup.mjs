// The prelude of every npm command: installs the dependencies and builds what is missing or stale, quietly when nothing
// is to do, then runs the command after `--`. Plain JavaScript, as it runs before anything is installed.
//   node scripts/setup.mjs [--build] [-- command args…]
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOCK_POLL_MS = 300;
const LOCK_RENEWAL_MS = 2000;
const LOCK_STALE_MS = 10_000;
// The compiler may leave an unchanged file alone, so a stamp of our own says when the last build began.
const BUILT = join('node_modules', '.heaviside-built');

/** Milliseconds since the epoch of the last change, or -1 for a path that does not exist. */
function changedAt(...path) {
  return statSync(join(root, ...path), { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

/** The newest change of any file under a folder. */
function newestUnder(folder) {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return Math.max(
    -1,
    ...files
      .filter((file) => file.isFile())
      .map((file) => changedAt(join(file.parentPath, file.name).slice(root.length))),
  );
}

/** Runs a program with this one's terminal and passes signals on; resolves to its exit code (128 + n for signal n). */
function run(command, args, stdout = 'inherit') {
  return new Promise((resolve) => {
    const bin = join(root, 'node_modules', '.bin');
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };
    const child = spawn(command, args, { stdio: ['inherit', stdout, 'inherit'], env });
    // A terminal's Ctrl-C reaches the child by itself; passed on too, it would count as a second one.
    const passOn = (signal) => () =>
      signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal);
    const handlers = SIGNALS.map((signal) => [signal, passOn(signal)]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const end = (code) => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      resolve(code);
    };
    child.once('error', (error) => {
      process.stderr.write(`[setup] ${command} cannot be run: ${error.message}\n`);
      end(127);
    });
    child.once('exit', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** Runs npm with its output on stderr; ends this process with npm's exit code when it fails. */
async function npm(reason, ...args) {
  process.stderr.write(`[setup] ${reason}: npm ${args.join(' ')}\n`);
  const code = await run('npm', args, process.stderr);
  if (code !== 0) process.exit(code);
}

// npm writes this file at the end of every install, so a broken one counts as none.
const needsInstall = () => changedAt('node_modules', '.package-lock.json') < changedAt('package-lock.json');
const needsBuild = () =>
  changedAt('dist', 'main.js') < 0 ||
  changedAt(BUILT) <
    Math.max(newestUnder('src'), changedAt('tsconfig.build.json'), changedAt('package-lock.json'));

/** Two commands started at once must not install over each other: the second waits for the first. */
async function locked(work) {
  const lock = join(root, '.stack', 'setup.lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      // A lock that was not renewed for a while is a dead one's.
      const renewedAt = changedAt('.stack', 'setup.lock');
      if (renewedAt >= 0 && Date.now() - renewedAt > LOCK_STALE_MS)
        rmSync(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
    }
  }
  const renewal = setInterval(() => utimesSync(lock, new Date(), new Date()), LOCK_RENEWAL_MS);
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    clearInterval(renewal);
    process.off('exit', release);
    release();
  }
}

const split = process.argv.indexOf('--');
const options = process.argv.slice(2, split < 0 ? undefined : split);
const [command, ...args] = split < 0 ? [] : process.argv.slice(split + 1);
const unknown = options.find((option) => option !== '--build');
if (unknown !== undefined) {
  process.stderr.write(
    `setup.mjs: unknown option ${unknown}; usage: node scripts/setup.mjs [--build] [-- command args…]\n`,
  );
  process.exit(2);
}
const wantsBuild = options.includes('--build');
if (needsInstall() || (wantsBuild && needsBuild()))
  await locked(async () => {
    if (needsInstall()) await npm('installing the dependencies', 'ci', '--no-audit', '--no-fund');
    if (!wantsBuild || !needsBuild()) return;
    const startedAt = new Date(); // what is edited while it builds is stale again
    await npm('building', 'run', '--silent', 'build');
    writeFileSync(join(root, BUILT), '');
    utimesSync(join(root, BUILT), startedAt, startedAt);
  });
if (command !== undefined) process.exitCode = await run(command, args);
