import type { Mutation, MutationTest } from './mutation.ts';

const unit = (file: string, test: string): MutationTest => ({
  project: 'unit',
  file: `test/unit/${file}.test.ts`,
  test,
});
const stream = (test: string): MutationTest => ({
  project: 'integration',
  file: 'test/integration/binlog-source.it.test.ts',
  test,
});

const xa = (test: string): MutationTest => ({
  project: 'integration',
  file: 'test/integration/xa.it.test.ts',
  test: `mysql.*${test}`,
});

/** What the takeover rests on at the source and in the stream. */
export const sourceMutations: readonly Mutation[] = [
  {
    name: 'second-gtid-check-off',
    rules: [12],
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
    name: 'dump-connection-not-checked',
    rules: [12, 15],
    file: 'src/binlog/binlog-source.ts',
    from: `    await checkPosition(connection.query, {
      identity,
      position: options.from,
      expectedIdentity: options.expectedIdentity,
    });
`,
    to: '',
    killedBy: stream('mysql refuses positions that the source cannot go on from'),
  },
  {
    name: 'unknown-mariadb-gtid-accepted',
    rules: [13],
    file: 'src/binlog/position-check.ts',
    from: 'if (ahead.length > 0) throw notExecuted(',
    to: 'if (ahead.length < 0) throw notExecuted(',
    killedBy: stream('mariadb refuses positions that the source cannot go on from'),
  },
  {
    name: 'changed-history-not-seen',
    rules: [14],
    file: 'src/binlog/transaction-verifier.ts',
    from: 'if (transaction.fingerprint !== expected.fingerprint)',
    to: "if (transaction.fingerprint === 'never')",
    killedBy: stream('mysql with GTID: true goes on from a position with exactly the rest'),
  },
  {
    name: 'another-file-of-the-same-name',
    rules: [15],
    file: 'src/binlog/binlog-source.ts',
    from: 'expected !== null && createdAt !== expected',
    to: 'expected === -1',
    killedBy: stream('mysql refuses positions that the source cannot go on from'),
  },
  {
    name: 'cut-group-kept',
    rules: [16],
    file: 'src/binlog/transaction-assembler.ts',
    from: `  drop(): void {
    this.#open?.store?.dispose();
    this.#open = null;
`,
    to: `  drop(): void {
    const cut = this.#open;
    if (cut !== null) this.#give(cut, { header: {}, end: cut.start, xid: null } as never);
    this.#open = null;
`,
    killedBy: unit('binlog/binlog-event-reader', 'a group that is cut'),
  },
  {
    name: 'rollback-not-honoured',
    rules: [16],
    file: 'src/binlog/transaction-assembler.ts',
    from: '      this.#discardRows();\n',
    to: '',
    killedBy: unit('binlog/binlog-event-reader', 'rolled back|ROLLBACK'),
  },
  {
    name: 'split-prefix-not-compared',
    rules: [17],
    file: 'src/encode/transaction-encoder.ts',
    from: 'if (resume === null || hash?.digest() === resume.prefixHash) return;',
    to: 'if (resume === null || hash !== null) return;',
    killedBy: unit('encode/transaction-encoder', 'are refused where the rows before the split point differ'),
  },
  {
    name: 'split-not-kept-in-the-record',
    rules: [10, 17],
    file: 'src/pipeline.ts',
    from: 'split ?? this.#resume)',
    to: 'split)',
    killedBy: unit('pipeline', 'keeps the split in every position'),
  },
  {
    name: 'message-id-counted-behind-the-filter',
    rules: [18],
    file: 'src/encode/transaction-run.ts',
    from: '      if (this.#isResumed) this.filtered++;\n',
    to: '      if (this.#isResumed) this.filtered++;\n      this.nextIndex--;\n',
    killedBy: unit('encode/transaction-encoder', 'count for message ids'),
  },
  {
    name: 'prepared-transaction-counted-at-once',
    rules: [19],
    file: 'src/checkpoint/position-tracker.ts',
    from: '    if (staysHole) return;\n',
    to: '',
    killedBy: xa('gives rows out where they are committed, wherever a takeover reads on'),
  },
  {
    name: 'prepared-transaction-not-in-the-record',
    rules: [19],
    file: 'src/checkpoint/position-tracker.ts',
    from: '      ...(this.#prepared.length === 0 ? {} : { prepared: this.#prepared }),\n',
    to: '',
    killedBy: xa('gives rows out where they are committed, wherever a takeover reads on'),
  },
  {
    name: 'commit-of-an-unknown-prepare-passed-over',
    rules: [19],
    file: 'src/binlog/transaction-assembler.ts',
    from: 'if (isCommit && open.keepsRows && held === undefined) throw unknownPrepare(xid);',
    to: '',
    killedBy: xa('refuses the commit of what was prepared before the first position'),
  },
  {
    name: 'undecodable-row-passed-over',
    rules: [22],
    file: 'src/encode/transaction-run.ts',
    from: '    } else {\n      throw error;\n    }\n    this.#cursor.abandon();',
    to: '    }\n    this.#cursor.abandon();',
    killedBy: unit('encode/transaction-encoder', 'stop the stream where the table is included'),
  },
  {
    name: 'backlog-encoded-without-a-pause',
    rules: [26],
    file: 'src/pipeline.ts',
    from: '            await this.#letOthersRun();\n',
    to: '',
    killedBy: unit('pipeline', 'lets timers run while it encodes a backlog'),
  },
  {
    name: 'idle-stream-writes-no-position',
    rules: [20],
    file: 'src/pipeline.ts',
    from: 'if (this.#hasMoved || sinceCommit >= idleHeartbeatMs)',
    to: 'if (sinceCommit >= idleHeartbeatMs)',
    killedBy: unit('pipeline', 'without rows at the heartbeat'),
  },
  {
    name: 'reconnected-blindly-after-an-eviction',
    rules: [21],
    file: 'src/leadership.ts',
    from: "if (error.code === 'SERVER_ID_IN_USE' && (await job.lease.prove()) === 'unreachable')",
    to: "if (error.code === 'SERVER_ID_IN_USE' && job.lease.epoch < 0)",
    killedBy: unit('leadership', 'never reconnects blindly: the lease is unreachable'),
  },
  {
    name: 'returned-predecessor-taken-for-a-rival',
    rules: [21],
    file: 'src/leadership.ts',
    from: "error.code === 'SERVER_ID_IN_USE' && job.lease.isContended && failures === 0",
    to: "error.code === 'SERVER_ID_IN_USE' && job.lease.isContended && failures < 0",
    killedBy: {
      project: 'ha',
      file: 'test/ha/zombie.ha.test.ts',
      test: 'ends the dump of its successor, which goes on leading',
    },
  },
  {
    name: 'rival-taken-for-a-predecessor-again',
    rules: [21],
    file: 'src/leadership.ts',
    from: "error.code === 'SERVER_ID_IN_USE' && job.lease.isContended && failures === 0",
    to: "error.code === 'SERVER_ID_IN_USE' && job.lease.isContended",
    killedBy: unit('leadership', 'never reconnects blindly: the lease is mine'),
  },
  {
    name: 'refusal-not-waited-for',
    rules: [21, 22],
    file: 'src/election/standalone.ts',
    from: "const isRefusal = failure.reaction === 'wait' && this.#hasLed;",
    to: "const isRefusal = failure.reaction === 'wait' && this.#waitMs < 0;",
    killedBy: unit('election/standalone', 'a process that has led stays'),
  },
  {
    name: 'refusal-looked-at-without-a-pause',
    rules: [22],
    file: 'src/election/candidacy.ts',
    from: "      case 'wait':\n        return this.#options.waitMs;\n",
    to: '',
    killedBy: unit('election/candidacy', 'after POSITION_NOT_IN_EXECUTED'),
  },
  {
    name: 'paused-dump-taken-for-a-silent-one',
    rules: [23],
    file: 'src/binlog/binlog-source.ts',
    from: 'isExempt: () => this.#dump.isPaused,',
    to: 'isExempt: () => false,',
    killedBy: stream('mysql pauses the dump while nobody takes'),
  },
  {
    name: 'paused-dump-ended-by-the-source',
    rules: [23],
    file: 'src/binlog/dump-session.ts',
    from: 'const WRITE_TIMEOUT_SECONDS = 86_400;',
    to: 'const WRITE_TIMEOUT_SECONDS = 60;',
    killedBy: unit('binlog/dump-session', 'a paused dump is waited for'),
  },
];
