import { inspect } from 'node:util';

/** A value that no log, error or serialisation shows: `reveal()` is the only way to it. */
export class Secret {
  #text: string;
  readonly #reread: (() => string) | null;

  /** @param reread reads anew what may have been rotated; throws where it cannot be read now */
  constructor(text: string, reread: (() => string) | null = null) {
    this.#text = text;
    this.#reread = reread;
  }

  /** The text. Of a secret from a file: what stands there now; what stood there last while it is missing or empty. */
  reveal(): string {
    if (this.#reread !== null) {
      try {
        const text = this.#reread();
        if (text !== '') this.#text = text;
      } catch {
        // In the middle of a rotation: the former one is tried.
      }
    }
    return this.#text;
  }

  /** The same for good, whatever its file comes to hold. */
  fixed(): Secret {
    return new Secret(this.reveal());
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
