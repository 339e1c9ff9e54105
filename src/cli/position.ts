import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaNetworkFactory, sessionOptions } from '../assembly/kafka-settings.ts';
import { RedisParts } from '../assembly/redis-parts.ts';
import { BinlogPort } from '../assembly/source-port.ts';
import { ensurePositionsTopic, positionKey, readLastPosition } from '../checkpoint/positions-topic.ts';
import { configFingerprint, type Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { text } from '../config/option-type.ts';
import type { Lease } from '../election/lease.ts';
import { HeavisideError } from '../errors.ts';
import { kafkaError } from '../kafka/kafka-errors.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { Position } from '../model/position.ts';
import {
  parsePositionRecord,
  positionText,
  type PositionRecord,
  type SourceIdentityRecord,
} from '../model/position-record.ts';
import type { PinoLog } from '../observability/pino-logger.ts';
import { jsonFlag, type Command, type CommandCall, type FlagValues } from './command.ts';
import { openCommandLog } from './command-log.ts';
import { checkTarget, placeIn, positionTarget, positionUsage } from './position-target.ts';
import { singleRecordBatch } from '../produce/kafka-batch.ts';
import { ReplicaState } from '../replica-state.ts';
import { fence } from '../takeover.ts';

/** Who is to take the lease: no replica's name, for the leader may be the one whose configuration this is. */
const operator = ':operator';

/** Shows the position, or writes another one through the fenced producer, with the lease held. */
async function position({ config }: LoadedConfig, { words, flags }: CommandCall): Promise<number> {
  if (config.producer.kind !== 'kafka')
    throw new HeavisideError('COMMAND_FAILED', 'the position of stdout and file is in position_file');
  const [verb, ...rest] = words;
  const log = openCommandLog(config, 'operator', 'info');
  const redis = config.ha.isEnabled
    ? new RedisParts(config, log, new ReplicaState(config.replicaName, config.source.heartbeatMs), operator)
    : null;
  const job: Job = { config, log, redis, flags };
  try {
    if (verb === 'get') return await show(job);
    if (verb === 'set' || verb === 'skip') {
      // Refused before a leader is asked to step aside for it.
      if (verb === 'set') checkTarget(flags, rest[0]);
      return await write(job, verb, rest[0]);
    }
    throw new HeavisideError('COMMAND_FAILED', `usage: ${positionUsage}`);
  } finally {
    await redis?.close();
    log.flush();
  }
}

interface Job {
  readonly config: Config;
  readonly log: PinoLog;
  readonly redis: RedisParts | null;
  readonly flags: FlagValues;
}

async function show({ config, log, redis, flags }: Job): Promise<number> {
  const network = kafkaNetworkFactory(config, log)();
  try {
    const { topic } = config.position;
    const [metadata] = await network.refreshMetadata([topic]);
    const isThere = metadata?.errorCode !== kafkaError.unknownTopicOrPartition;
    const { record, offset } = isThere
      ? await readLastPosition(network, topic, 5000)
      : { record: null, offset: -1n };
    const checkpoint = (await redis?.checkpoints.load()) ?? null;
    const shown = { record, offset: String(offset), checkpoint };
    if (flags.has('--json')) process.stdout.write(`${JSON.stringify(shown)}\n`);
    else if (!record) process.stdout.write('no position: the cluster never started\n');
    else {
      const place = positionText(record);
      process.stdout.write(
        `${place}\nepoch ${record.epoch}, commit ${record.commit}, written ${record.at} (${record.reason})\n`,
      );
      if (record.split)
        process.stdout.write(`inside ${record.split.transactionId}, next row ${record.split.nextRowIndex}\n`);
      for (const { xid, id } of record.prepared ?? [])
        process.stdout.write(`prepared by ${id} and not ended: XA ${xid}\n`);
      if (checkpoint)
        process.stdout.write(
          `checkpoint in Redis: epoch ${checkpoint.epoch}, offset ${checkpoint.positionsOffset}\n`,
        );
    }
    return record ? 0 : 1;
  } finally {
    network.destroy();
  }
}

async function write(job: Job, verb: 'set' | 'skip', argument: string | undefined): Promise<number> {
  const { config, log, redis } = job;
  const lease = redis ? await takeLease(job, redis) : null;
  const createNetwork = kafkaNetworkFactory(config, log);
  let fenced: Awaited<ReturnType<typeof fence>> | null = null;
  try {
    const setup = createNetwork();
    await ensurePositionsTopic(setup, config.position.topic, {
      create: config.kafka.topics.isCreated,
      replicationFactor: config.kafka.topics.replicationFactor,
    }).finally(() => setup.destroy());
    fenced = await fence({
      createNetwork,
      positionsTopic: config.position.topic,
      session: sessionOptions(config),
      proveLease: async () => void (await lease?.prove()),
      readDeadlineMs: 10_000,
    });
    const previous = fenced.last.record;
    const epoch = lease ? await lease.confirm(previous?.epoch ?? 0) : (previous?.epoch ?? 0) + 1;
    const record = await nextRecord(job, { verb, argument, previous, epoch });
    const value = JSON.stringify(record);
    const batch = await singleRecordBatch(positionKey, value, Date.now());
    const [written] = await fenced.session.write([
      { topic: config.position.topic, partition: 0, batches: [batch] },
    ]);
    await fenced.session.commit();
    await redis?.checkpointStore().save(record, written?.baseOffset ?? 0n);
    await redis?.blocked.clear();
    await redis?.channel.publish({ type: 'unblocked' }); // a replica that waits with a refusal looks again at once
    log.warn({ from: placeOf(previous), to: placeOf(record), epoch }, 'the position was set by an operator');
    process.stdout.write(`${placeOf(record)}\n`);
    return 0;
  } finally {
    fenced?.network.destroy();
    await lease?.release();
  }
}

const placeOf = (record: PositionRecord | null): string => (record ? positionText(record) : 'none');

/** Takes the lease, asking a leader to step aside; `--force` goes on without it after that. */
async function takeLease({ config, flags }: Job, redis: RedisParts): Promise<Lease | null> {
  await redis.connect();
  redis.channel.start();
  const deadline = performance.now() + config.ha.leaseTtlMs * 3;
  let isAsked = false;
  while (performance.now() < deadline) {
    const lease = await redis.keeper.tryAcquire();
    if (lease) return lease;
    if (!isAsked) await redis.channel.requestSwitchover(operator);
    isAsked = true;
    await sleep(20);
  }
  if (flags.has('--force')) return null;
  throw new HeavisideError(
    'COMMAND_FAILED',
    'the leader did not step aside in time; stop the replicas, or use --force',
  );
}

interface Change {
  readonly verb: 'set' | 'skip';
  readonly argument: string | undefined;
  readonly previous: PositionRecord | null;
  readonly epoch: number;
}

async function nextRecord(job: Job, { verb, argument, previous, epoch }: Change): Promise<PositionRecord> {
  const { config, log, flags } = job;
  const source = new BinlogPort(config, log);
  const inspection = await source.inspect();
  const { identity } = inspection;
  let position: Position;
  try {
    position =
      verb === 'skip'
        ? skip(previous, argument, identity)
        : await positionTarget({
            flags,
            argument,
            source,
            log,
            inspection,
            checkpointRecord: () => checkpointRecord(job),
          });
    if (!flags.has('--force')) await inspection.check(position);
  } finally {
    await inspection.close();
  }
  return {
    v: previous?.snapshot ? 2 : 1,
    ...(previous?.snapshot ? { snapshot: previous.snapshot } : {}),
    clusterUuid: previous?.clusterUuid ?? (await checkpointRecord(job))?.clusterUuid ?? randomUUID(),
    source: identity,
    gtidSet: position.gtids?.toString() ?? null,
    file: position.coordinates?.file ?? null,
    offset: position.coordinates?.offset ?? null,
    fileCreatedAt: null,
    split: null,
    ...(position.prepared?.length ? { prepared: position.prepared } : {}),
    lastTransaction: null,
    epoch,
    commit: 0,
    partitions: previous?.partitions ?? {},
    config: configFingerprint(config),
    reason: 'operator',
    at: new Date().toISOString(),
  };
}

/** A transaction that was not replicated, or one that is prepared and is to be forgotten: its rows come in no record then. */
function skip(
  previous: PositionRecord | null,
  gtid: string | undefined,
  identity: SourceIdentityRecord,
): Position {
  const all = previous?.prepared ?? [];
  const prepared = all.filter(({ id }) => id !== gtid);
  const isPrepared = prepared.length < all.length;
  if (!previous || gtid === undefined || (!previous.gtidSet && !isPrepared)) {
    throw new HeavisideError(
      'COMMAND_FAILED',
      'skip needs a GTID, and a cluster whose position is a GTID set',
    );
  }
  const gtids = previous.gtidSet === null ? null : parseGtidSet(identity.flavor, previous.gtidSet);
  // MariaDB's position stands behind what is prepared already.
  const isBehind = isPrepared && identity.flavor === 'mariadb';
  return { gtids: isBehind ? gtids : (gtids?.add(gtid) ?? null), coordinates: placeIn(previous), prepared };
}

async function checkpointRecord({ redis }: Job): Promise<PositionRecord | null> {
  const checkpoint = await redis?.checkpoints.load();
  return checkpoint ? parsePositionRecord(checkpoint.record) : null;
}

export const positionCommand: Command = {
  name: 'position',
  about:
    'Looks at the committed position, or sets it: the leader is asked aside, and the new position is written through the fenced producer.',
  usages: [
    { words: 'position get', summary: 'Show the committed position.' },
    {
      words: 'position set POSITION',
      summary:
        "Go on from FILE:OFFSET or a GTID set; in place of it --now: from the source's end; --from-checkpoint: from the one in Redis; --from-maxwell CLIENT_ID: from where a Maxwell stopped.",
    },
    { words: 'position skip GTID', summary: 'Pass over one transaction.' },
  ],
  flags: {
    '--json': { ...jsonFlag, summary: `position get: ${jsonFlag.summary.toLowerCase()}` },
    '--now': { type: null, summary: "position set: the source's current position." },
    '--from-checkpoint': { type: null, summary: 'position set: the position of the checkpoint in Redis.' },
    '--from-maxwell': {
      type: text('CLIENT_ID'),
      summary: 'position set: where the Maxwell of this client_id stopped, from its table on the source.',
    },
    '--maxwell-database': {
      type: text('NAME'),
      summary: 'position set --from-maxwell: its schema_database; default maxwell.',
    },
    '--force': {
      type: null,
      summary:
        'Do not check the position against the source, and go on where the leader does not step aside.',
    },
  },
  exitCodes: [
    { code: 0, meaning: 'The position was shown, or is set.' },
    { code: 1, meaning: 'position get: there is none; else COMMAND_FAILED.' },
  ],
  run: (call) => position(call.load(), call),
};
