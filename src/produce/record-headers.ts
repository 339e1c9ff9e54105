import { varintSize, writeVarint } from '../kafka/varint.ts';

const headerCount = 4; // two headers, as a zigzag varint
const messageIdName = Buffer.from('\x14message_id', 'latin1'); // length 10 as a zigzag varint, then the name

/**
 * The headers of one record after the other, as bytes: `message_id` (transaction id, `#`, row index) and `epoch`. Between
 * two rows of a transaction little more than the last digits of the index change, so they are kept and counted on.
 */
export class RecordHeaders {
  readonly #epoch: Buffer;
  #id: Buffer = Buffer.alloc(0);
  #index: number | string = '';
  /** The headers of `#index`; empty: none were made of this transaction. */
  #bytes: Buffer = Buffer.alloc(0);
  /** Offset behind the index's last digit. */
  #indexEnd = 0;

  constructor(epoch: number) {
    const text = String(epoch);
    this.#epoch = Buffer.from(`\x0aepoch${String.fromCharCode(text.length * 2)}${text}`, 'latin1');
  }

  beginTransaction(transactionId: string): void {
    this.#id = Buffer.from(`${transactionId}#`);
    this.#bytes = Buffer.alloc(0);
  }

  /** The header section of a record: valid until the next call. @param index what follows `#` */
  of(index: number | string): Buffer {
    const isNext =
      typeof index === 'number' && this.#bytes.length > 0 && index === (this.#index as number) + 1;
    if (!isNext || !this.#countOn()) this.#make(index);
    this.#index = index;
    return this.#bytes;
  }

  /** Adds one to the index's digits in place; false where it needs one digit more. */
  #countOn(): boolean {
    const bytes = this.#bytes;
    let at = this.#indexEnd - 1;
    while (bytes[at] === 0x39) at--;
    if (bytes[at] === 0x23) return false; // `#`: all were nines
    bytes[at] = (bytes[at] as number) + 1;
    if (at + 1 < this.#indexEnd) bytes.fill(0x30, at + 1, this.#indexEnd);
    return true;
  }

  #make(index: number | string): void {
    const suffix = Buffer.from(String(index), 'latin1');
    const idLength = this.#id.length + suffix.length;
    const before = 1 + messageIdName.length + varintSize(idLength);
    const bytes = Buffer.allocUnsafe(before + idLength + this.#epoch.length);
    bytes[0] = headerCount;
    messageIdName.copy(bytes, 1);
    writeVarint(bytes, 1 + messageIdName.length, idLength);
    this.#id.copy(bytes, before);
    suffix.copy(bytes, before + this.#id.length);
    this.#epoch.copy(bytes, before + idLength);
    this.#bytes = bytes;
    this.#indexEnd = before + idLength;
  }
}
