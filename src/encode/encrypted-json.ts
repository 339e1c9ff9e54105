import { createCipheriv, randomFillSync } from 'node:crypto';
import { ByteSink } from '../model/byte-sink.ts';
import type { RowsEvent, SourceTransaction } from '../model/transaction.ts';
import type { MaxwellJson } from './maxwell-json.ts';
import type { TablePlan } from './table-plan.ts';
import type { EnvelopeRow, EventEnvelope, ValueWriter } from './value-writer.ts';

/** What is encrypted, and with which key. The keys of Maxwell are in the comments. */
export interface EncryptionOptions {
  /** encrypt: data and old alone, or the whole message. */
  readonly scope: 'data' | 'all';
  /** secret_key: 16, 24 or 32 bytes. */
  readonly key: Buffer;
}

const IV_BYTES = 16;
/** Random bytes are asked for in blocks: one call into the generator for so many messages. */
const IVS_AT_ONCE = 256;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const memberName = Buffer.from('"encrypted":{"iv":"');
const betweenBytes = Buffer.from('","bytes":"');
const endBytes = Buffer.from('"}');

/**
 * Maxwell's JSON with its data, or all of it, as `"encrypted":{"iv":…,"bytes":…}` (base64): AES in CBC mode with PKCS #7
 * padding (PKCS5 in Java's words), a fresh random IV for each message. Not re-entrant.
 */
export class EncryptedJson implements ValueWriter {
  readonly #inner: MaxwellJson;
  readonly #scope: 'data' | 'all';
  readonly #key: Buffer;
  readonly #algorithm: string;
  readonly #plain = new ByteSink(4096);
  readonly #ivs = Buffer.allocUnsafeSlow(IV_BYTES * IVS_AT_ONCE);
  #nextIv = this.#ivs.length;

  constructor(inner: MaxwellJson, { scope, key }: EncryptionOptions) {
    this.#inner = inner;
    this.#scope = scope;
    this.#key = key;
    this.#algorithm = `aes-${key.length * 8}-cbc`;
  }

  isReady(): boolean {
    return true;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  writeHead(out: ByteSink, event: RowsEvent, plan: TablePlan, xid: bigint | null): void {
    this.#inner.writeHead(out, event, plan, xid);
  }

  writeTail(out: ByteSink, event: RowsEvent, transaction: SourceTransaction): void {
    this.#inner.writeTail(out, event, transaction);
  }

  writeRow(out: ByteSink, plan: TablePlan, row: EnvelopeRow, event: EventEnvelope): void {
    const plain = this.#plain;
    plain.reset();
    if (this.#scope === 'all') {
      this.#inner.writeRow(plain, plan, row, event);
      out.writeByte(OPEN_BRACE);
    } else {
      this.#inner.writeEnvelope(out, plan, row, event);
      this.#inner.writeContent(plain, plan, row);
      // The members of an open object, made an object of their own.
      plain.buffer[0] = OPEN_BRACE;
      plain.writeByte(CLOSE_BRACE);
      out.writeByte(COMMA);
    }
    this.#writeEncrypted(out, plain.view());
    out.writeByte(CLOSE_BRACE);
  }

  #writeEncrypted(out: ByteSink, plain: Buffer): void {
    const iv = this.#freshIv();
    const cipher = createCipheriv(this.#algorithm, this.#key, iv);
    out.writeBytes(memberName);
    out.writeAscii(iv.toString('base64'));
    out.writeBytes(betweenBytes);
    out.writeAscii(Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64'));
    out.writeBytes(endBytes);
  }

  #freshIv(): Buffer {
    if (this.#nextIv === this.#ivs.length) {
      randomFillSync(this.#ivs);
      this.#nextIv = 0;
    }
    this.#nextIv += IV_BYTES;
    return this.#ivs.subarray(this.#nextIv - IV_BYTES, this.#nextIv);
  }
}
