/** One replica as the screen shows it. */
export interface ReplicaView {
  readonly name: string;
  readonly role: 'leader' | 'standby' | 'candidate' | 'blocked' | 'starting' | 'killed';
  readonly epoch: number | null;
  readonly lagSeconds: number | null;
  readonly pid: number;
}

/** Something that happened. */
export interface DemoEvent {
  readonly atMs: number;
  readonly text: string;
}

/** Rows per second, one number per half second, oldest first. */
const RATES_KEPT = 60;

/** What the show has to tell at the moment; the screens draw it. */
export class DemoView {
  readonly title: string;
  readonly totalRows: number;
  replicas: readonly ReplicaView[] = [];
  /** One sentence: what happens now. */
  now = '';
  committedRows = 0;
  kafkaRows = 0;
  readonly ratesIn: number[] = [];
  readonly ratesOut: number[] = [];
  readonly events: DemoEvent[] = [];
  readonly #startedAt = performance.now();
  #sampledAt = performance.now();
  #sampledIn = 0;
  #sampledOut = 0;

  constructor(title: string, totalRows: number) {
    this.title = title;
    this.totalRows = totalRows;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Adds to the timeline. */
  tell(text: string): void {
    this.events.push({ atMs: this.elapsedMs, text });
  }

  /** Takes the row counters; call it about twice a second. */
  sample(committedRows: number, kafkaRows: number): void {
    const seconds = (performance.now() - this.#sampledAt) / 1000;
    this.#sampledAt = performance.now();
    this.#keep(this.ratesIn, (committedRows - this.#sampledIn) / seconds);
    this.#keep(this.ratesOut, (kafkaRows - this.#sampledOut) / seconds);
    this.#sampledIn = this.committedRows = committedRows;
    this.#sampledOut = this.kafkaRows = kafkaRows;
  }

  #keep(rates: number[], rate: number): void {
    rates.push(rate);
    if (rates.length > RATES_KEPT) rates.shift();
  }
}
