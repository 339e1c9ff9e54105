/** Java's producer gives a batch up after delivery.timeout.ms; here that is said once, and the batch is kept. */
export class DeliveryWatch {
  readonly #timeoutMs: number;
  readonly #onLate: (seconds: number) => void;
  #failingSince: number | null = null;
  #isSaid = false;

  constructor(timeoutMs: number, onLate: (seconds: number) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  failed(): void {
    const now = performance.now();
    this.#failingSince ??= now;
    if (this.#isSaid || now - this.#failingSince < this.#timeoutMs) return;
    this.#isSaid = true;
    this.#onLate(Math.round((now - this.#failingSince) / 1000));
  }

  succeeded(): void {
    this.#failingSince = null;
    this.#isSaid = false;
  }
}
