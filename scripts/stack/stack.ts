import { parseArgs } from 'node:util';
import { ensureStack } from './ensure-stack.ts';
import { stopStack } from './local-servers.ts';
import { isRunning } from './server-process.ts';
import { StackError } from './stack-error.ts';
import { readStack, stackDir } from './stack-file.ts';

const USAGE = `usage: stack.ts up [--brokers 1|3] [--redis 1|3] [--only mysql,mariadb,redis,kafka]
       stack.ts down       stop every server; ports and data are kept
       stack.ts status     name, address and state of each server
`;
const KINDS = ['mysql', 'mariadb', 'redis', 'kafka'];

function oneOrThree(text: string, option: string): 1 | 3 {
  if (text === '1') return 1;
  if (text === '3') return 3;
  throw new StackError(`--${option} takes 1 or 3, not "${text}"\n${USAGE}`);
}

async function printStatus(): Promise<void> {
  const { servers } = readStack(stackDir());
  for (const entry of Object.values(servers)) {
    const state = (await isRunning(entry)) ? `running, pid ${entry.pid}` : 'stopped';
    process.stdout.write(
      `${entry.name.padEnd(9)} 127.0.0.1:${entry.port}  ${state}  ${entry.version ?? ''}\n`,
    );
  }
  if (Object.keys(servers).length === 0) process.stdout.write(`no servers in ${stackDir()}\n`);
}

async function up(options: { brokers: string; redis: string; only: string }): Promise<void> {
  const only = options.only.split(',');
  const unknown = only.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined)
    throw new StackError(`--only takes ${KINDS.join(', ')}, not "${unknown}"\n${USAGE}`);
  await ensureStack({
    mysql: only.includes('mysql'),
    mariadb: only.includes('mariadb'),
    redisNodes: only.includes('redis') ? oneOrThree(options.redis, 'redis') : 0,
    brokers: only.includes('kafka') ? oneOrThree(options.brokers, 'brokers') : 0,
  });
  await printStatus();
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      brokers: { type: 'string', default: '1' },
      redis: { type: 'string', default: '1' },
      only: { type: 'string', default: KINDS.join(',') },
    },
  });
  const [verb, ...rest] = positionals;
  if (rest.length > 0) throw new StackError(USAGE);
  if (verb === 'up') return up(values);
  if (verb === 'status') return printStatus();
  if (verb !== 'down') throw new StackError(USAGE);
  const stopped = await stopStack();
  process.stdout.write(stopped.length === 0 ? 'nothing ran\n' : `stopped ${stopped.join(', ')}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
