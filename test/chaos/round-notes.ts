/** A demand of a scenario beside the invariants, or of I9. */
export interface Demand {
  readonly text: string;
  readonly isMet: boolean;
}

/** How long the stream stood still after a fault. */
export interface Recovery {
  readonly what: string;
  readonly seconds: number;
  readonly limitSeconds: number;
}

/** What a round has to tell beside the findings of the checker. */
export class RoundNotes {
  /** Replica processes that were killed while they led or took over. */
  kills = 0;
  /** Planned and unplanned changes of leader that the topic shows. */
  failovers = 0;
  soakMinutes = 0;
  readonly demands: Demand[] = [];
  readonly recoveries: Recovery[] = [];
  /** What proves that the fault was met; false: it was not. */
  readonly bites = new Map<string, boolean>();
  /** Figures for the report. */
  readonly figures: Record<string, number | string> = {};
  /** Takes the source's GTID set; the round sets it. */
  baseline: () => Promise<void> = () => Promise.resolve();

  /** @param isMet false: the round has failed */
  demand(text: string, isMet: boolean): void {
    this.demands.push({ text, isMet });
  }

  /** Evidence that the fault bit: where one piece is missing, the round is void. Said more than once, all must be there. */
  bite(evidence: string, isSeen: boolean): void {
    this.bites.set(evidence, (this.bites.get(evidence) ?? true) && isSeen);
  }

  /** A piece of evidence of which one occurrence in the round suffices. */
  biteOnce(evidence: string, isSeen: boolean): void {
    this.bites.set(evidence, (this.bites.get(evidence) ?? false) || isSeen);
  }

  recovery(recovery: Recovery): void {
    this.recoveries.push(recovery);
  }

  get isVoid(): boolean {
    return this.bites.size === 0 || [...this.bites.values()].some((isSeen) => !isSeen);
  }
}
