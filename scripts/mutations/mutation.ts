/** One substitution. */
export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A part of the product that is made wrong on purpose, and the test that must notice it. */
export interface Mutation extends Edit {
  readonly name: string;
  /** A second line of defence that would hide the mutation behind a stalled takeover. */
  readonly alsoOff?: Edit;
  readonly killedBy: MutationTest;
}

/** The smallest test that can see the mutation. */
export interface MutationTest {
  readonly project: 'unit' | 'integration' | 'ha';
  readonly file: string;
  /** A regular expression over the full name of the test, which must match at least one; the one that goes red matches too. */
  readonly test: string;
}

/** The takeover as it must not be: the position is read while the predecessor can still write. */
const readBeforeFence: Edit & Pick<Mutation, 'killedBy'> = {
  file: 'src/takeover.ts',
  from: `    const session = await TransactionalSession.open(network, options.session);
    await failpoint('takeover.fenced');
    const last = await readLastPosition(network, options.positionsTopic, options.readDeadlineMs);
`,
  to: `    const last = await readLastPosition(network, options.positionsTopic, options.readDeadlineMs);
    await failpoint('takeover.fenced');
    const session = await TransactionalSession.open(network, options.session);
`,
  killedBy: {
    project: 'ha',
    file: 'test/ha/zombie.ha.test.ts',
    test: 'the position is read behind the fence',
  },
};

/** The rules that the takeover rests on (docs/design): each one switched off must turn a test red. */
export const mutations: readonly Mutation[] = [
  {
    name: 'transactional-id-not-shared',
    file: 'src/assembly/kafka-settings.ts',
    from: 'transactionalId: kafka.transaction.id,',
    to: 'transactionalId: `${kafka.transaction.id}.${config.replicaName}`,',
    killedBy: {
      project: 'ha',
      file: 'test/ha/zombie.ha.test.ts',
      test: 'mysql.*stopped at transaction.begun .*refused by the broker',
    },
  },
  { name: 'position-read-before-fence', ...readBeforeFence },
  {
    name: 'position-read-before-fence-unguarded',
    ...readBeforeFence,
    alsoOff: {
      file: 'src/produce/kafka-output.ts',
      from: 'if (isFirst && written.baseOffset !== last.end) {',
      to: 'if (isFirst && written.baseOffset < 0n) {',
    },
  },
  {
    name: 'replay-without-a-look',
    file: 'src/produce/kafka-output.ts',
    from: 'if (last.record && samePlace(last.record, pending)) return last.offset;',
    to: 'if (pending.v === 1) return null;',
    killedBy: {
      project: 'ha',
      file: 'test/ha/commit.ha.test.ts',
      test: 'the connection breaks at transaction.ended',
    },
  },
  {
    name: 'checkpoint-cas-without-epoch',
    file: 'src/checkpoint/redis-checkpoint-store.ts',
    from: '  if epoch < heldEpoch then return 0 end\n',
    to: '',
    killedBy: {
      project: 'integration',
      file: 'test/integration/checkpoint-store.it.test.ts',
      test: 'refuses a lower epoch',
    },
  },
  {
    name: 'checkpoint-before-commit',
    file: 'src/pipeline.ts',
    from: `      const { positionsOffset } = await this.#options.output.commit(batch, record);
      this.#options.onCommitted({ record, positionsOffset, ...contents });
`,
    to: `      this.#options.onCommitted({ record, positionsOffset: BigInt(Date.now()), ...contents });
      await this.#options.output.commit(batch, record);
`,
    killedBy: {
      project: 'ha',
      file: 'test/ha/commit.ha.test.ts',
      test: 'the checkpoint in Redis is never ahead',
    },
  },
  {
    name: 'second-gtid-check-off',
    file: 'src/binlog/position-check.ts',
    from: "if (row['ahead'] === '') return;",
    to: 'return;',
    killedBy: {
      project: 'ha',
      file: 'test/ha/blocked.ha.test.ts',
      test: 'a position that the source has not executed is refused',
    },
  },
  {
    name: 'rollback-not-honoured',
    file: 'src/binlog/transaction-assembler.ts',
    from: '      this.#discardRows();\n',
    to: '',
    killedBy: {
      project: 'unit',
      file: 'test/unit/binlog/binlog-event-reader.test.ts',
      test: 'rolled back|ROLLBACK',
    },
  },
];
