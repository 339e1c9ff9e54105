/**
 * The addresses by which a Kafka cluster can be entered, shared by all connections of one process: the configured ones
 * and, behind them, those that its metadata named last, so that a list whose brokers are all gone but once led into the
 * cluster still does.
 */
export class KnownBrokers {
  readonly #configured: readonly string[];
  #learned: readonly string[] = [];
  /** Tried first: an address that does not answer would cost every new producer its time-out. */
  #answered: string | null = null;

  /** @param configured host:port, at least one */
  constructor(configured: readonly string[]) {
    this.#configured = configured;
  }

  /** Every address once, in the order in which to try them. */
  candidates(): readonly string[] {
    const first = this.#answered === null ? [] : [this.#answered];
    return [...new Set([...first, ...this.#configured, ...this.#learned])];
  }

  /** The brokers that the cluster's metadata names now. */
  learn(addresses: readonly string[]): void {
    if (addresses.length > 0) this.#learned = addresses;
  }

  /** A connection to the address stood, or did not come about. */
  note(address: string, answers: boolean): void {
    if (answers) this.#answered = address;
    else if (this.#answered === address) this.#answered = null;
  }
}
