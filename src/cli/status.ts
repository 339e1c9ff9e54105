import { parsePositionRecord, positionText } from '../model/position-record.ts';
import type { Checkpoint } from '../checkpoint/redis-checkpoint-store.ts';
import { RedisParts } from '../assembly/redis-parts.ts';
import type { Presence } from '../election/presence-board.ts';
import type { LoadedConfig } from '../config/load.ts';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import { jsonFlag, type Command } from './command.ts';
import { openCommandLog } from './command-log.ts';
import { fetchStatus } from './leader-status.ts';
import { ReplicaState } from '../replica-state.ts';

/** The cluster as its replicas and its checkpoint describe it. Resolves to 0 if one replica leads, else 1. */
async function status({ config }: LoadedConfig, asJson: boolean): Promise<number> {
  if (!config.ha.isEnabled)
    throw new HeavisideError(
      'COMMAND_FAILED',
      'status asks Redis; without HA look at /status of the process',
    );
  const log = openCommandLog(config, 'status');
  const redis = new RedisParts(config, log, new ReplicaState(config.replicaName, config.source.heartbeatMs));
  try {
    const [replicas, { checkpoint, unreadable }, blocked, epoch] = await Promise.all([
      redis.presence.read(),
      loadCheckpoint(redis),
      redis.blocked.get(),
      redis.checkpoints.readEpoch(),
    ]);
    const leader = replicas.find(({ role }) => role === 'leader') ?? null;
    const record = checkpoint && parsePositionRecord(checkpoint.record);
    const live = leader ? await fetchStatus(leader, config.http.pathPrefix) : null;
    const shown = {
      clientId: config.clientId,
      leader: leader?.replica ?? null,
      epoch,
      blocked,
      checkpoint: checkpoint && {
        epoch: checkpoint.epoch,
        positionsOffset: checkpoint.positionsOffset,
        savedAt: new Date(checkpoint.savedAt).toISOString(),
      },
      position: record && {
        gtidSet: record.gtidSet,
        file: record.file,
        offset: record.offset,
        split: record.split,
      },
      unreadable,
      lagSeconds: live?.['lagSeconds'] ?? null,
      slowStage: live?.['slowStage'] ?? null,
      replicas,
    };
    process.stdout.write(asJson ? `${JSON.stringify(shown)}\n` : render(shown));
    return leader ? 0 : 1;
  } finally {
    await redis.close();
  }
}

/** A replica that waits for its newer version is asked, too: it knows the cluster, but cannot read the position. */
async function loadCheckpoint(
  redis: RedisParts,
): Promise<{ checkpoint: Checkpoint | null; unreadable: string | null }> {
  try {
    return { checkpoint: await redis.checkpoints.load(), unreadable: null };
  } catch (error) {
    const { code, message } = asHeavisideError(error);
    if (code !== 'POSITION_UNREADABLE') throw error;
    return { checkpoint: null, unreadable: message };
  }
}

function render(status: {
  clientId: string;
  leader: string | null;
  epoch: number;
  blocked: { code: string; message: string; position: string } | null;
  position: { gtidSet: string | null; file: string | null; offset: number | null } | null;
  unreadable: string | null;
  lagSeconds: unknown;
  slowStage: unknown;
  replicas: readonly Presence[];
}): string {
  const lines = [
    `cluster   ${status.clientId}`,
    `leader    ${status.leader ?? 'none'} (epoch ${status.epoch})`,
    `lag       ${typeof status.lagSeconds === 'number' ? `${status.lagSeconds.toFixed(1)} s` : 'unknown'}${typeof status.slowStage === 'string' ? ` · ${status.slowStage}` : ''}`,
    `position  ${status.unreadable ?? (status.position ? positionText(status.position) : 'none')}`,
  ];
  if (status.blocked)
    lines.push(`BLOCKED   ${status.blocked.code} at ${status.blocked.position}: ${status.blocked.message}`);
  for (const { replica, role, host, kafkaReachable, sourceReachable, ageMs, refusal } of status.replicas) {
    const reach = `kafka ${kafkaReachable ? 'yes' : 'NO'}, source ${sourceReachable ? 'yes' : 'NO'}`;
    lines.push(
      `replica   ${replica.padEnd(24)} ${role.padEnd(10)} ${host}  ${reach}  seen ${(ageMs / 1000).toFixed(1)} s ago`,
    );
    if (refusal)
      lines.push(`          waits: ${refusal.code}: ${refusal.message}`, `          ${refusal.hint}`);
  }
  return `${lines.join('\n')}\n`;
}

export const statusCommand: Command = {
  name: 'status',
  about: 'Shows the cluster as its replicas, its checkpoint in Redis and the leader describe it.',
  usages: [
    {
      words: 'status',
      summary: 'Show the leader, the epoch, the position, the lag, the slow stage and all replicas.',
    },
  ],
  flags: { '--json': jsonFlag },
  exitCodes: [
    { code: 0, meaning: 'A replica leads.' },
    { code: 1, meaning: 'No replica leads, or (COMMAND_FAILED) there is no HA to ask about.' },
  ],
  run: ({ load, flags }) => status(load(), flags.has('--json')),
};
