import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const restricted = 'eslint(no-restricted-imports)';
const imports = (...specifiers: string[]): string =>
  specifiers
    .map((specifier, i) => `import { a as a${i} } from '${specifier}';\nexport const b${i} = a${i};\n`)
    .join('');

/** A planted file, and the rule that must fire in it; null: none may. */
const planted: readonly [path: string, source: string, rule: string | null][] = [
  // Direction of imports
  ['src/model/m.ts', imports('../observability/log.ts'), restricted],
  ['src/model/m-errors.ts', imports('../errors.ts'), null],
  ['src/observability/o.ts', imports('../health/health.ts'), restricted],
  ['src/binlog/b.ts', imports('../transform/t-x.ts'), restricted],
  ['src/binlog/b-shutdown.ts', imports('../lifecycle/shutdown.ts'), restricted],
  [
    'src/binlog/b-good.ts',
    imports('../model/g.ts', '../errors.ts', '../observability/l.ts', '../lifecycle/clock.ts'),
    null,
  ],
  ['src/transform/t.ts', imports('../binlog/b-x.ts'), restricted],
  ['src/encode/e.ts', imports('../transform/t.ts'), restricted],
  ['src/encode/transaction-encoder.ts', imports('../transform/table-filter.ts'), null],
  ['src/encode/table-plan.ts', imports('../transform/filter-parser.ts'), restricted],
  ['src/encode/codecs/e-nested.ts', imports('../../produce/p.ts'), restricted],
  ['src/encode/codecs/e-good.ts', imports('../column-codec.ts', '../../model/byte-sink.ts'), null],
  ['src/produce/p.ts', imports('../checkpoint/c-x.ts'), restricted],
  ['src/produce/p-redis.ts', imports('../redis/r.ts'), restricted],
  ['src/produce/p-good.ts', imports('../kafka/k.ts', '../lifecycle/backoff.ts'), null],
  ['src/checkpoint/c.ts', imports('../produce/p-x.ts'), restricted],
  ['src/checkpoint/c-good.ts', imports('../kafka/k.ts', '../redis/r.ts'), null],
  ['src/kafka/k.ts', imports('../produce/p.ts'), restricted],
  ['src/redis/r.ts', imports('../election/e.ts'), restricted],
  ['src/election/e.ts', imports('../binlog/b.ts'), restricted],
  ['src/election/e-good.ts', imports('../redis/r.ts', '../lifecycle/clock.ts'), null],
  ['src/lifecycle/l.ts', imports('../produce/p.ts'), restricted],
  ['src/health/h.ts', imports('../checkpoint/c.ts'), restricted],
  ['src/config/c.ts', imports('../binlog/b.ts'), restricted],
  ['src/binlog/b-root.ts', imports('../pipeline.ts'), restricted],
  ['src/binlog/b-test.ts', imports('../../test/support/x.ts'), restricted],
  ['src/app.ts', imports('./binlog/b.ts', './election/e.ts'), null],
  ['src/cli/status.ts', imports('../binlog/b.ts', '../health/h.ts'), null],
  // One importing file a driver
  ['src/kafka/kafka-driver.ts', imports('kafkajs', 'kafkajs/src/broker/index.js'), null],
  ['src/produce/p-kafkajs.ts', imports('kafkajs'), restricted],
  ['src/redis/redis-node.ts', imports('ioredis'), null],
  ['src/redis/r-ioredis.ts', imports('ioredis'), restricted],
  ['src/election/redlock-lease-store.ts', imports('redlock'), null],
  ['src/election/e-redlock.ts', imports('redlock'), restricted],
  ['src/binlog/mysql-client.ts', imports('mysql2'), null],
  ['src/binlog/b-mysql.ts', imports('mysql2/promise'), restricted],
  ['src/binlog/zongji-client.ts', imports('@vlasky/zongji'), null],
  ['src/binlog/b-zongji.ts', imports('@vlasky/zongji'), restricted],
  ['src/produce/breaker.ts', imports('opossum'), null],
  ['src/kafka/k-opossum.ts', imports('opossum'), restricted],
  ['src/observability/pino-logger.ts', imports('pino'), null],
  ['src/observability/o-pino.ts', imports('pino'), restricted],
  ['src/observability/metrics.ts', imports('prom-client'), null],
  ['src/app-prom.ts', imports('prom-client'), restricted],
  ['src/binlog/mysql-client-too.ts', imports('mysql2'), restricted],
  // Types and promises
  ['src/model/any.ts', 'export const a = (b: any): void => void b;\n', 'typescript(no-explicit-any)'],
  [
    'src/model/bang.ts',
    'export const a = (b: string | null): string => b!;\n',
    'typescript(no-non-null-assertion)',
  ],
  [
    'src/model/floating.ts',
    'const a = async (): Promise<void> => {};\nexport const b = (): void => {\n  a();\n};\n',
    'typescript(no-floating-promises)',
  ],
  // Shape
  [
    'src/model/cycle-a.ts',
    "import { b } from './cycle-b.ts';\nexport const a = (): unknown => b;\n",
    'import(no-cycle)',
  ],
  [
    'src/model/cycle-b.ts',
    "import { a } from './cycle-a.ts';\nexport const b = (): unknown => a;\n",
    'import(no-cycle)',
  ],
  ['src/model/barrel.ts', "export * from './any.ts';\n", 'oxc(no-barrel-file)'],
  [
    'src/model/params.ts',
    'export const a = (b: 1, c: 2, d: 3, e: 4, f: 5): number => b + c + d + e + f;\n',
    'eslint(max-params)',
  ],
  ['src/model/long.ts', `${'// line\n'.repeat(300)}export {};\n`, 'eslint(max-lines)'],
];

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

const folder = mkdtempSync(join(tmpdir(), 'heaviside-lint-'));
const fired = new Map<string, Set<string>>();

beforeAll(() => {
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, source] of planted) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const run = spawnSync(process.execPath, [oxlint, '--format', 'json', 'src'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: readonly Diagnostic[] };
  for (const { filename, code } of diagnostics) {
    fired.set(filename, (fired.get(filename) ?? new Set()).add(code));
  }
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('lint rules', () => {
  it.each(planted)('%s', (path, _source, rule) => {
    expect([...(fired.get(path) ?? [])]).toEqual(rule === null ? [] : [rule]);
  });

  it('name every folder of src/', () => {
    const config = readFileSync(join(root, '.oxlintrc.json'), 'utf8');
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    // These join the parts, as app.ts does, or are commands made of them: they may import all of them.
    const joining = ['cli', 'assembly', 'plan', 'verify'];
    const ruled = folders.map(({ name }) => name).filter((name) => !joining.includes(name));
    expect(ruled.filter((name) => !config.includes(`"src/${name}/**"`))).toEqual([]);
  });
});
