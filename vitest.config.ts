import { defineConfig } from 'vitest/config';

const leakCheck = ['./test/support/leak-check.ts'];

/** HA tests that share no minute with another: they hold times to the second, load the machine, or leave XA transactions in the binlog. */
const alone = ['xa', 'three-nodes', 'planned', 'rolling-update', 'kafka-away'].map(
  (name) => `test/ha/${name}.ha.test.ts`,
);

export default defineConfig({
  test: {
    // Most unit tests wait more than they compute: on a small machine the default of one worker would add the waits up.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts'],
          setupFiles: leakCheck,
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.it.test.ts'],
          setupFiles: leakCheck,
          // The files share one stack of real servers.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'ha',
          include: ['test/ha/**/*.ha.test.ts'],
          exclude: alone,
          // A cluster of its own each, which mostly waits.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'ha-alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'runbooks',
          include: ['test/runbooks/**/*.runbook.test.ts'],
          fileParallelism: false,
          // Whole procedures, each command a process of its own.
          testTimeout: 1_800_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
