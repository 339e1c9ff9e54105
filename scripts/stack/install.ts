import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { progress } from './progress.ts';
import { findProgram, runCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const POLICY_FILE = '/usr/sbin/policy-rc.d';
const APT_WAIT = ['-o', 'DPkg::Lock::Timeout=300'];
let aptQueue: Promise<unknown> = Promise.resolve();
let isUpdated = false;

function rootPrefix(): string[] {
  if (process.getuid?.() === 0) return [];
  if (findProgram('sudo') !== undefined) return ['sudo', '-n'];
  throw new StackError('apt-get needs root, and this user is not root and has no sudo');
}

async function asRoot(args: readonly string[]): Promise<string> {
  const [command, ...rest] = [...rootPrefix(), 'env', 'DEBIAN_FRONTEND=noninteractive', ...args];
  return runCommand(command ?? 'env', rest);
}

/** Runs one apt-get at a time: images with Docker's clean-up hook delete all fetched archives after every update. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = aptQueue.then(work);
  aptQueue = turn.catch(() => undefined);
  return turn;
}

async function installNow(packages: readonly string[]): Promise<void> {
  if (findProgram('apt-get') === undefined) throw new StackError('there is no apt-get on this machine');
  // policy-rc.d with exit 101 keeps maintainer scripts from starting a service (Debian policy, invoke-rc.d(8)).
  const isOurs = !existsSync(POLICY_FILE) && process.getuid?.() === 0;
  if (isOurs) {
    writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY_FILE, 0o755);
  }
  try {
    if (!isUpdated) await asRoot(['apt-get', ...APT_WAIT, 'update', '-qq']);
    isUpdated = true;
    await asRoot(['apt-get', ...APT_WAIT, 'install', '-y', '-qq', '--no-install-recommends', ...packages]);
  } finally {
    if (isOurs) rmSync(POLICY_FILE, { force: true });
  }
}

/**
 * Installs Debian packages into the system, one call at a time and without starting their services.
 * Throws StackError that names the packages and the environment variable that stands in for the server.
 */
export async function aptInstall(
  server: string,
  packages: readonly string[],
  instead: string,
): Promise<void> {
  return inTurn(async () => {
    progress(server, `installing ${packages.join(', ')} with apt-get`);
    await installNow(packages).catch((error: unknown) => {
      throw new StackError(
        `${server} cannot be had: installing ${packages.join(', ')} failed. Install it yourself, or name a server of your own with ${instead}.\n${String(error)}`,
      );
    });
  });
}

interface Mirror {
  readonly uri: string;
  readonly signedBy: string | undefined;
}

function mirrorOfStanza(stanza: string): Mirror | undefined {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(\\S+)`, 'im').exec(stanza)?.[1];
  const uri = field('URIs');
  if (uri === undefined || !/^Types:.*\bdeb\b/im.test(stanza) || /^Enabled:\s*no/im.test(stanza))
    return undefined;
  return { uri, signedBy: field('Signed-By') };
}

function mirrorOfLine(line: string): Mirror | undefined {
  const found = /^deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s/.exec(line.trim())?.groups;
  if (found?.['uri'] === undefined) return undefined;
  return { uri: found['uri'], signedBy: /signed-by=(\S+)/.exec(found['options'] ?? '')?.[1] };
}

/** The first Debian mirror in the texts of apt's source files (deb822 stanzas or one-line entries), or undefined. */
export function debianMirror(sourceFiles: readonly string[]): Mirror | undefined {
  for (const text of sourceFiles) {
    const withoutComments = text.replaceAll(/^#.*\n/gm, '');
    const isDeb822 = /^URIs:/im.test(withoutComments);
    const mirrors = isDeb822
      ? withoutComments.split(/\n\s*\n/).map(mirrorOfStanza)
      : withoutComments.split('\n').map(mirrorOfLine);
    const mirror = mirrors.find((candidate) => candidate !== undefined && /\/debian\/?$/.test(candidate.uri));
    if (mirror !== undefined) return mirror;
  }
  return undefined;
}

function aptSourceFiles(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).sort() : [];
  const files = parts.filter((name) => /\.(?:sources|list)$/.test(name)).map((name) => join(folder, name));
  return ['/etc/apt/sources.list', ...files]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
}

/**
 * Unpacks packages of Debian sid and everything they depend on (libc included) into `root`, beside the system and
 * never into it. The mirror and its key come from this machine's own apt sources. Throws StackError.
 */
export async function unpackSidClosure(
  server: string,
  packageNames: readonly string[],
  root: string,
): Promise<void> {
  const mirror = debianMirror(aptSourceFiles());
  if (mirror === undefined || findProgram('dpkg-deb') === undefined)
    throw new StackError(
      'this machine has no Debian mirror in /etc/apt, so no package of Debian sid can be had',
    );
  const work = `${root}.apt`;
  for (const folder of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(work, folder), { recursive: true });
  const trust = mirror.signedBy === undefined ? '' : `[signed-by=${mirror.signedBy}] `;
  writeFileSync(join(work, 'sid.list'), `deb ${trust}${mirror.uri} sid main\n`);
  writeFileSync(join(work, 'status'), ''); // nothing installed: the closure is whole
  const settings = {
    'Dir::Etc::sourcelist': join(work, 'sid.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': '',
    'Debug::NoLocking': '1', // all folders are the stack's own, so root is not needed
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const fetch = ['-qq', '-y', '--download-only', '--no-install-recommends', 'install', ...packageNames];
  await inTurn(async () => {
    progress(server, `fetching ${packageNames.join(', ')} of Debian sid and what is needed`);
    await runCommand('apt-get', [...options, '-qq', 'update']);
    await runCommand('apt-get', [...options, ...fetch]);
  });
  const archives = join(work, 'cache', 'archives');
  const debs = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  if (debs.length === 0)
    throw new StackError(`apt-get fetched nothing for ${packageNames.join(', ')} of Debian sid`);
  progress(server, `unpacking ${debs.length} packages`);
  const partial = `${root}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const deb of debs) await runCommand('dpkg-deb', ['-x', join(archives, deb), partial]);
  renameSync(partial, root);
  rmSync(work, { recursive: true, force: true });
}

/** Copies Maven artifacts ("group:artifact:version") with their runtime dependencies into `folder`. Throws StackError. */
export async function mavenJars(server: string, artifacts: readonly string[], folder: string): Promise<void> {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const dependencies = artifacts.map((artifact) => {
    const [group = '', name = '', version = ''] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  const head =
    '<modelVersion>4.0.0</modelVersion><groupId>stack</groupId><artifactId>stack</artifactId><version>1</version>';
  writeFileSync(
    join(partial, 'pom.xml'),
    `<project>${head}<packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>\n`,
  );
  progress(server, `fetching ${artifacts.join(', ')} with Maven`);
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  await runCommand('mvn', ['-q', '-B', '-f', join(partial, 'pom.xml'), ...goal], { cwd: dirname(folder) });
  renameSync(partial, folder);
}
