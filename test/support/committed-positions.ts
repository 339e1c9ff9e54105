import type { HaCluster } from './ha-cluster.ts';
import { TopicTail } from './topic-tail.ts';

/** The parts of a position record that tests look at. */
export interface SeenPosition {
  readonly epoch: number;
  readonly commit: number;
  readonly split: { readonly nextRowIndex: number } | null;
  /** Where it stands in the positions topic. */
  readonly offset: number;
}

type Written = Omit<SeenPosition, 'offset'>;

/** The position records of a cluster as a read_committed reader sees them. */
export class CommittedPositions {
  readonly #tail: TopicTail;

  private constructor(tail: TopicTail) {
    this.#tail = tail;
  }

  static async open({ place }: HaCluster): Promise<CommittedPositions> {
    return new CommittedPositions(await TopicTail.open(place.brokers, [place.positionsTopic]));
  }

  /** The last one that is committed, as far as it was read. */
  last(): SeenPosition | null {
    const record = this.#tail.records.at(-1);
    return record === undefined
      ? null
      : { ...(JSON.parse(record.value ?? '') as Written), offset: record.offset };
  }

  close(): Promise<void> {
    return this.#tail.close();
  }
}

/** The checkpoint in Redis; null where there is none. */
export async function readCheckpoint(cluster: HaCluster): Promise<SeenPosition | null> {
  const fields = await cluster.redis((redis) => redis.hgetall(cluster.redisKey('checkpoint')));
  const { record, positionsOffset } = fields;
  return record === undefined
    ? null
    : { ...(JSON.parse(record) as Written), offset: Number(positionsOffset) };
}
