/** What the advice on partitions is made from. */
export interface PlanInput {
  /** Records a second at the busiest time. */
  readonly throughput: number;
  /** Records a second that a consumer takes from one partition. */
  readonly perPartition: number;
  /** Consumers that are to work at once. */
  readonly consumers: number;
}

/** max(throughput / per-partition throughput, consumers), rounded up; at least 1. */
export function advisedPartitions({ throughput, perPartition, consumers }: PlanInput): number {
  return Math.max(Math.ceil(throughput / perPartition), consumers, 1);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The share of keys, 0 to 1, that go to another partition when `from` partitions become `to`: hash mod from is not hash mod to. */
export function movedShare(from: number, to: number): number {
  const leastCommonMultiple = (from / gcd(from, to)) * to;
  return 1 - Math.min(from, to) / leastCommonMultiple;
}
