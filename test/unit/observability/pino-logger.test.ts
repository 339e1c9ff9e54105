import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HeavisideError } from '../../../src/errors.ts';
import { kafkaLogCreator } from '../../../src/observability/kafka-log.ts';
import { PinoLog, type LogLevel } from '../../../src/observability/pino-logger.ts';

function setUp(level: LogLevel = 'info') {
  const lines: string[] = [];
  const context = { replica: 'r1', role: 'standby', epoch: 4 as number | null, gtid: null as string | null };
  const time = { ms: 0 };
  const log = PinoLog.open({
    level,
    context: () => context,
    stream: { write: (line) => lines.push(line) },
    now: () => time.ms,
  });
  const written = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, context, time, written };
}

describe('PinoLog', () => {
  it('writes role, epoch and gtid as they are when the line is written, in children too', () => {
    const { log, context, written } = setUp();
    const child = log.child({ part: 'election' });
    log.info({}, 'first');
    Object.assign(context, { role: 'leader', epoch: 5, gtid: '0-1-2' });
    child.info({ nodes: 3 }, 'second');
    expect(written()).toMatchObject([
      { level: 'info', message: 'first', replica: 'r1', role: 'standby', epoch: 4, gtid: null },
      { message: 'second', part: 'election', nodes: 3, role: 'leader', epoch: 5, gtid: '0-1-2' },
    ]);
  });

  it("lets a line's own fields win over the context", () => {
    const { log, written } = setUp();
    log.info({ epoch: 9 }, 'seen');
    log.info({}, 'again');
    expect(written().map(({ epoch }) => epoch)).toEqual([9, 4]);
  });

  it('writes errors with code, hint and cause, and no secret anywhere', () => {
    const { log, written } = setUp();
    const cause = new Error('redis://:hunter2@h refused');
    log.error(
      { error: new HeavisideError('REDIS_UNREACHABLE', 'down', { cause }), password: 'hunter2' },
      'at rediss://:hunter2@h',
    );
    expect(JSON.stringify(written())).not.toContain('hunter2');
    expect(written()[0]).toMatchObject({ level: 'error', error: { code: 'REDIS_UNREACHABLE', cause: {} } });
    expect(written()[0]?.['error']).toHaveProperty('hint');
  });

  it('suppresses a repeated error for 10 s by message and code, and counts what it suppressed', () => {
    const { log, time, written } = setUp();
    const fail = (code: 'KAFKA_TIMEOUT' | 'KAFKA_FENCED'): void =>
      log.error({ error: new HeavisideError(code, 'x') }, 'send failed');
    fail('KAFKA_TIMEOUT');
    fail('KAFKA_TIMEOUT');
    log.child({ part: 'produce' }).error({ code: 'KAFKA_TIMEOUT' }, 'send failed');
    fail('KAFKA_FENCED');
    expect(written()).toHaveLength(2);
    time.ms = 10_000;
    fail('KAFKA_TIMEOUT');
    expect(written()[2]).toMatchObject({ suppressed: 2 });
    expect(written()[0]).not.toHaveProperty('suppressed');
  });

  it('writes nothing below its level', () => {
    const { log, written } = setUp('warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    expect(written()).toHaveLength(1);
  });

  it('loses no line at process.exit, and keeps standard output clean', () => {
    const module = fileURLToPath(new URL('../../../src/observability/pino-logger.ts', import.meta.url));
    const script = `
      import { PinoLog } from ${JSON.stringify(module)};
      const log = PinoLog.open({ level: 'info', context: () => ({ replica: 'r', role: 'candidate', epoch: null, gtid: null }) });
      for (let i = 0; i < 2000; i++) log.info({ i }, 'line');
      log.flush();
      log.info({}, 'last');
      process.exit(3);`;
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect([run.status, run.stdout]).toEqual([3, '']);
    const lines = run.stderr.trim().split('\n');
    expect(lines).toHaveLength(2001);
    expect(lines.at(-1)).toContain('"last"');
  });
});

describe('kafkaLogCreator', () => {
  it("writes kafkajs's lines at their level", () => {
    const { log, written } = setUp('debug');
    const write = kafkaLogCreator(log)();
    const entry = { timestamp: 't', logger: 'kafkajs', broker: 'b:9092' };
    for (const level of [1, 2, 4, 5]) {
      write({ namespace: 'Connection', level, log: { ...entry, message: `message ${level}` } });
    }
    expect(written().map(({ level }) => level)).toEqual(['error', 'warn', 'info', 'debug']);
    expect(written()[0]).toMatchObject({
      driver: 'kafkajs',
      namespace: 'Connection',
      broker: 'b:9092',
      message: 'message 1',
    });
    expect(written()[0]).not.toHaveProperty('timestamp');
  });
});
