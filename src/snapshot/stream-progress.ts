import type { GtidSet } from '../model/gtid-set.ts';
import type { BinlogCoordinates, Position } from '../model/position.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { StreamPlace } from './stream-place.ts';

/** How far a stream is handed out, in words of the server that it is read from. */
export class StreamProgress {
  readonly #tracker: { readonly position: Position };
  readonly #stream: { idleCoordinates(): BinlogCoordinates | null };
  #handed: BinlogCoordinates | null;
  /** Where the stream stood idle in an earlier turn of the event loop: what was received by then is no longer on its way. */
  #idle: BinlogCoordinates | null = null;
  #isLooking = false;

  constructor(
    tracker: { readonly position: Position },
    stream: { idleCoordinates(): BinlogCoordinates | null },
  ) {
    this.#tracker = tracker;
    this.#stream = stream;
    const { gtids, coordinates } = tracker.position;
    // Stored coordinates may be of another server, but where they are the position itself.
    this.#handed = gtids === null ? coordinates : null;
  }

  passed(transaction: SourceTransaction): void {
    this.#handed = transaction.end;
  }

  /** @param isIdle nothing that was received waits to be written */
  place(isIdle: boolean): StreamPlace {
    const { gtids, prepared } = this.#tracker.position;
    this.#look();
    let known: GtidSet | null = gtids;
    // MySQL counts a prepared XA transaction as executed; our position leaves it out until its end.
    if (gtids?.flavor === 'mysql') for (const { id } of prepared ?? []) known = known?.add(id) ?? null;
    return { gtids: known, handed: this.#handed, idle: isIdle ? this.#idle : null };
  }

  #look(): void {
    if (this.#isLooking) return;
    const idle = this.#stream.idleCoordinates();
    if (idle === null) return;
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      this.#idle = idle;
    });
  }
}
