import { readLastPosition } from './checkpoint/positions-topic.ts';
import { HeavisideError } from './errors.ts';
import type { KafkaNetwork } from './kafka/kafka-network.ts';
import { TransactionalSession, type TransactionalSessionOptions } from './kafka/transactional-session.ts';
import { failpoint } from './lifecycle/failpoint.ts';
import type { FencedSession } from './produce/kafka-output.ts';

export interface FenceOptions {
  readonly createNetwork: () => KafkaNetwork;
  readonly positionsTopic: string;
  readonly session: TransactionalSessionOptions;
  /** Rejects where the lease is not mine; resolves too where Redis is away and the leader may go on without it. */
  readonly proveLease: () => Promise<unknown>;
  /** Milliseconds for the read of the last position. */
  readonly readDeadlineMs: number;
}

/**
 * The one way to a producer, at a takeover and after any error alike:
 *
 *   lease proven → InitProducerId (fences every other producer, ends its transaction) → positions topic read to its end
 *
 * The order is the protocol: a position read before the fence could still be overtaken by the predecessor, and a
 * producer that is made without the lease would fence the rightful leader.
 */
export async function fence(options: FenceOptions): Promise<FencedSession> {
  await options.proveLease();
  const network = options.createNetwork();
  try {
    const session = await TransactionalSession.open(network, options.session);
    await failpoint('takeover.fenced');
    const last = await readLastPosition(network, options.positionsTopic, options.readDeadlineMs);
    await failpoint('takeover.read');
    return { network, session, last };
  } catch (error) {
    network.destroy();
    throw error;
  }
}

/** As `fence`, for a leader that has led already: a higher epoch in the record means that another leads now. */
export async function fenceAgain(options: FenceOptions, epoch: number): Promise<FencedSession> {
  const fenced = await fence(options);
  const recordEpoch = fenced.last.record?.epoch ?? 0;
  if (recordEpoch > epoch) {
    fenced.network.destroy();
    throw new HeavisideError(
      'LEASE_LOST',
      `the position record is of epoch ${recordEpoch}, ours is ${epoch}`,
    );
  }
  return fenced;
}
