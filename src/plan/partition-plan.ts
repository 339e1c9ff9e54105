/** What the advice is made from. */
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
