import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const leakCheck = ['./test/support/leak-check.ts'];

/**
 * Integration tests that share no minute with another: they change a server for everybody (SET GLOBAL, PURGE, statements in
 * the binlog, XA), look at what all sessions wrote, or hold memory and times within narrow bounds.
 */
const integrationAlone = [
  'big-transaction',
  'binlog-source',
  'checkpoint-store',
  'chunk-reader',
  'elector',
  'golden',
  'lease',
  'outage',
  'security-source',
  'source-statements',
  'verify-large',
  'xa',
].map((name) => `test/integration/${name}.it.test.ts`);

/** HA tests that share no minute with another: they hold times to the second, load the machine, or leave XA transactions in the binlog. */
const haAlone = ['xa', 'three-nodes', 'planned', 'rolling-update', 'kafka-away'].map(
  (name) => `test/ha/${name}.ha.test.ts`,
);

/** A fresh clone knows no times and takes the largest files first; these are small and long, and would be waited for in the end. */
const longest = /\/(kafka-brokers|kafka-readers|snapshot)\.it\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    // Most unit tests wait more than they compute: on a small machine the default of one worker would add the waits up.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
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
          exclude: integrationAlone,
          setupFiles: leakCheck,
          // Databases, topics and clusters of its own each, which mostly waits.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'integration-alone',
          include: integrationAlone,
          setupFiles: leakCheck,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'ha',
          include: ['test/ha/**/*.ha.test.ts'],
          exclude: haAlone,
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
          include: haAlone,
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
