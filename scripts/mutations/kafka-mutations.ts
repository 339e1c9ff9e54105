import type { Edit, Mutation, MutationTest } from './mutation.ts';

const unit = (file: string, test: string): MutationTest => ({
  project: 'unit',
  file: `test/unit/${file}.test.ts`,
  test,
});
const integration = (file: string, test: string): MutationTest => ({
  project: 'integration',
  file: `test/integration/${file}.it.test.ts`,
  test,
});

/** The takeover as it must not be: the position is read while the predecessor can still write. */
const readBeforeFence: Edit & Pick<Mutation, 'killedBy' | 'rules'> = {
  rules: [1],
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

/** What the takeover rests on in Kafka: the fence, the position record, the transactions. */
export const kafkaMutations: readonly Mutation[] = [
  {
    name: 'transactional-id-not-shared',
    rules: [1, 6],
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
    name: 'producer-without-the-lease',
    rules: [1],
    file: 'src/takeover.ts',
    from: '  await options.proveLease();\n',
    to: '',
    killedBy: unit('takeover', 'without the lease no producer is made'),
  },
  {
    name: 'higher-epoch-not-seen',
    rules: [1],
    file: 'src/takeover.ts',
    from: 'if (recordEpoch > epoch) {',
    to: 'if (recordEpoch < 0) {',
    killedBy: integration('kafka-fence', 'a record of a higher epoch'),
  },
  {
    name: 'replay-without-a-look',
    rules: [1],
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
    name: 'position-of-a-stranger-taken-for-ours',
    rules: [1],
    file: 'src/produce/kafka-output.ts',
    from: '    if (isPrevious) return null;\n',
    to: '    if (isPrevious || pending.v === 1) return null;\n',
    killedBy: unit('produce/kafka-output', 'neither ours nor the one before'),
  },
  {
    name: 'epoch-not-above-the-record',
    rules: [2],
    file: 'src/leadership.ts',
    from: 'await lease.confirm(start.previous?.epoch ?? 0);',
    to: 'await lease.confirm(0);',
    killedBy: unit('leadership', 'confirms an epoch above the record'),
  },
  {
    name: 'lost-position-taken-for-a-new-cluster',
    rules: [3],
    file: 'src/checkpoint/start-position.ts',
    from: '  if (witness) {\n',
    to: "  if (witness === 'none') {\n",
    killedBy: unit('checkpoint/start-position', 'is refused where data or a checkpoint tells'),
  },
  {
    name: 'emptied-positions-topic-taken-for-a-new-one',
    rules: [3],
    file: 'src/checkpoint/positions-topic.ts',
    from: '  if (range.start !== 0n) return false;\n',
    to: '  if (range.start >= 0n) return true;\n',
    killedBy: integration('kafka-fence', 'is a first start where only aborted'),
  },
  {
    name: 'forgetful-positions-topic-accepted',
    rules: [3],
    file: 'src/checkpoint/positions-topic.ts',
    from: "if (policy !== undefined && policy !== 'compact') {",
    to: "if (policy === 'none') {",
    killedBy: integration('kafka-topics', 'of positions that would forget them'),
  },
  {
    name: 'read-below-an-open-transaction',
    rules: [4],
    file: 'src/checkpoint/positions-topic.ts',
    from: 'if (lastStable >= highWatermark) return',
    to: 'if (lastStable >= 0n && highWatermark >= 0n) return',
    killedBy: integration('kafka-fence', 'tells of a transaction of another cluster'),
  },
  {
    name: 'checkpoint-ahead-not-seen',
    rules: [5],
    file: 'src/checkpoint/start-position.ts',
    from: '    if (!isAhead) {\n',
    to: '    if (!isAhead || record.v === 1) {\n',
    killedBy: unit('checkpoint/start-position', 'ahead of the record'),
  },
  {
    name: 'at-least-once-position-before-rows',
    rules: [6],
    file: 'src/produce/kafka-output.ts',
    from: 'if (unfencedWriter && parts.length > 0) await unfencedWriter.write(network, parts);',
    to: 'if (unfencedWriter && parts.length > 0) unfencedWriter.write(network, parts).catch(() => undefined);',
    killedBy: unit('produce/kafka-output', 'behind the acknowledgement of the rows'),
  },
  {
    name: 'at-least-once-past-its-deadline',
    rules: [6],
    file: 'src/config/config.ts',
    from: "v.delivery === 'at_least_once' ? ('stop' as const) : v.redis_outage",
    to: 'v.redis_outage',
    killedBy: unit('config/load', 'stops a leader at its deadline'),
  },
  {
    name: 'error-47-without-a-proof',
    rules: [7],
    file: 'src/produce/kafka-output.ts',
    from: 'if (mayBeFenced) await this.#options.proveLease();',
    to: 'if (mayBeFenced) await Promise.resolve();',
    killedBy: unit('produce/kafka-output', 'where the lease is another’s'),
  },
  {
    name: 'error-47-always-ends-the-leadership',
    rules: [7],
    file: 'src/produce/kafka-output.ts',
    from: 'if (mayBeFenced) await this.#options.proveLease();',
    to: 'if (mayBeFenced) throw error;',
    killedBy: unit('produce/kafka-output', 'while the lease is proven ours'),
  },
  {
    name: 'transaction-open-without-a-limit',
    rules: [8],
    file: 'src/kafka/transactional-session.ts',
    from: 'const openShare = 1 / 3;',
    to: 'const openShare = 1000;',
    killedBy: integration('kafka-outcome', 'is not committed within a third of its timeout'),
  },
  {
    name: 'batch-above-the-limit',
    rules: [9],
    file: 'src/produce/kafka-batch.ts',
    from: 'if (writer.byteLength > slot.batchBytes && writer.recordCount > 1) this.#splitOff(slot);',
    to: '',
    killedBy: unit('produce/kafka-batch', 'in batches below the limit'),
  },
  {
    name: 'record-too-large-counted-by-the-breaker',
    rules: [9],
    file: 'src/produce/send-breaker.ts',
    from: "if (reaction === 'rebuild' || reaction === 'retry') {",
    to: "if (reaction !== 'exit') {",
    killedBy: unit('produce/send-breaker', 'KAFKA_RECORD_TOO_LARGE'),
  },
  {
    name: 'unknown-version-read',
    rules: [10],
    file: 'src/model/position-record.ts',
    from: '    hasKnownVersion(record) &&\n',
    to: '',
    killedBy: unit('model/position-record', 'of a later version'),
  },
  {
    name: 'clusters-of-one-name-not-told-apart',
    rules: [10],
    file: 'src/find-start.ts',
    from: 'evidence.checkpoint.record.clusterUuid !== record.clusterUuid',
    to: "evidence.checkpoint.record.clusterUuid === ''",
    killedBy: unit('leadership', 'another cluster with the same client_id'),
  },
  {
    name: 'partition-not-acknowledged',
    rules: [1],
    file: 'src/kafka/produce-request.ts',
    from: 'if (missing.size > 0) throw',
    to: 'if (missing.size > parts.length) throw',
    killedBy: unit('kafka/produce-request', 'without a partition that was sent'),
  },
  {
    name: 'grown-topic-written-on',
    rules: [24],
    file: 'src/kafka/topic-directory.ts',
    from: 'pinned !== undefined && pinned !== count && ',
    to: 'pinned !== undefined && count === 0 && ',
    killedBy: unit('kafka/topic-directory', 'that differ from the position record stop the cluster'),
  },
  {
    name: 'partitions-not-in-the-record',
    rules: [10, 24],
    file: 'src/pipeline.ts',
    from: 'tracker.record(reason, output.pinnedPartitions(), split ?? this.#resume)',
    to: 'tracker.record(reason, {}, split ?? this.#resume)',
    killedBy: unit('pipeline', 'commits rows with the position behind them'),
  },
];
