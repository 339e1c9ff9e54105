import type { Mutation, MutationTest } from './mutation.ts';

const integration = (file: string, test: string): MutationTest => ({
  project: 'integration',
  file: `test/integration/${file}.it.test.ts`,
  test,
});
const election = (test: string): MutationTest => integration('elector', test);

/** What the takeover rests on in Redis and in the election. */
export const leadershipMutations: readonly Mutation[] = [
  {
    name: 'checkpoint-cas-without-epoch',
    rules: [11],
    file: 'src/checkpoint/redis-checkpoint-store.ts',
    from: '  if epoch < heldEpoch then return 0 end\n',
    to: '',
    killedBy: integration('checkpoint-store', 'refuses a lower epoch'),
  },
  {
    name: 'checkpoint-cas-without-offset',
    rules: [11],
    file: 'src/checkpoint/redis-checkpoint-store.ts',
    from: '  if epoch == heldEpoch and isBefore then return 0 end\n',
    to: '',
    killedBy: integration('checkpoint-store', 'a lower offset of its epoch'),
  },
  {
    name: 'checkpoint-before-commit',
    rules: [11],
    file: 'src/pipeline.ts',
    from: `      const { positionsOffset } = await this.#options.output.commit(batch, record);
      this.#options.onCommitted({ record, positionsOffset, tally });
`,
    to: `      this.#options.onCommitted({ record, positionsOffset: BigInt(Date.now()), tally });
      await this.#options.output.commit(batch, record);
`,
    killedBy: {
      project: 'ha',
      file: 'test/ha/commit.ha.test.ts',
      test: 'the checkpoint in Redis is never ahead',
    },
  },
  {
    name: 'epoch-raised-without-the-lease',
    rules: [2],
    file: 'src/election/lease-scripts.ts',
    from: "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end\n",
    to: '',
    killedBy: integration('lease', 'raises the epoch above the position record, only while it is mine'),
  },
  {
    name: 'candidate-without-a-proof',
    rules: [25],
    file: 'src/election/leader-elector.ts',
    from: '    await job.prove();\n',
    to: '',
    killedBy: election('does not stand without a proof'),
  },
  {
    name: 'excluded-replica-stands-again-at-once',
    rules: [25],
    file: 'src/election/candidacy.ts',
    from: 'if (exclude) return this.#exclusion.next();',
    to: 'if (exclude) return 0;',
    killedBy: {
      project: 'unit',
      file: 'test/unit/election/candidacy.test.ts',
      test: 'doubles the exclusion up to five minutes',
    },
  },
  {
    name: 'source-left-to-a-replica-that-does-not-reach-it',
    rules: [25],
    file: 'src/leadership.ts',
    from: 'if (isTooOften && (await this.#options.canOtherReachSource(performance.now() - failingSince)))',
    to: 'if (isTooOften)',
    killedBy: {
      project: 'unit',
      file: 'test/unit/leadership.test.ts',
      test: 'leaves the source to a replica that reaches it',
    },
  },
  {
    name: 'proof-from-before-the-outage-believed',
    rules: [25],
    file: 'src/election/proven-reach.ts',
    from: 'other.provedAgoMs + other.ageMs < withinMs,',
    to: 'other.provedAgoMs + other.ageMs < withinMs + 60_000,',
    killedBy: {
      project: 'unit',
      file: 'test/unit/election/proven-reach.test.ts',
      test: 'before the outage began',
    },
  },
  {
    name: 'switchover-to-whoever-comes-first',
    rules: [25],
    file: 'src/election/lease-scripts.ts',
    from: "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])\nreturn 1\n",
    to: "redis.call('DEL', KEYS[1])\nreturn 1\n",
    killedBy: integration('lease', '1 node.*that is handed over goes to the replica that is named'),
  },
  {
    name: 'watchdog-that-only-exits-its-thread',
    rules: [26],
    file: 'src/election/event-loop-watchdog.ts',
    from: "process.kill(process.pid, 'SIGKILL');",
    to: 'process.exit(1);',
    killedBy: {
      project: 'unit',
      file: 'test/unit/election/event-loop-watchdog.test.ts',
      test: 'ends a process whose event loop stands still',
    },
  },
  {
    name: 'position-set-under-the-old-epoch',
    rules: [28],
    file: 'src/cli/position.ts',
    from: 'const epoch = lease ? await lease.confirm(previous?.epoch ?? 0) : (previous?.epoch ?? 0) + 1;',
    to: 'const epoch = previous?.epoch ?? 0;',
    killedBy: integration('positions', 'set by an operator stands under a higher epoch'),
  },
  {
    name: 'client-id-of-any-characters',
    rules: [29],
    file: 'src/config/options/cluster.ts',
    from: '/^[A-Za-z0-9._-]{1,200}$/u.test(value)',
    to: 'value.length > 0',
    killedBy: {
      project: 'unit',
      file: 'test/unit/config/setting-resolver.test.ts',
      test: 'names every problem at once',
    },
  },
  {
    name: 'block-left-when-it-is-passed',
    rules: [22],
    file: 'src/assembly/redis-parts.ts',
    from: "if (saved === 'saved') await this.#notePassed(record);",
    to: "if (saved === 'stale') await this.#notePassed(record);",
    killedBy: {
      project: 'ha',
      file: 'test/ha/blocked.ha.test.ts',
      test: 'a block binds the configurations that met it',
    },
  },
  {
    name: 'block-of-other-configurations-forgotten',
    rules: [22],
    file: 'src/assembly/redis-parts.ts',
    from: 'const configs = [...former, this.#configDigest];',
    to: 'const configs = [...former.slice(former.length), this.#configDigest];',
    killedBy: {
      project: 'ha',
      file: 'test/ha/blocked.ha.test.ts',
      test: 'a block binds the configurations that met it',
    },
  },
];
