import { open, unlink, type FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { HeavisideError } from '../errors.ts';

const OWNER_ONLY = 0o600;

interface Block {
  readonly offset: number;
  readonly length: number;
}

const failed = (directory: string, error: unknown): HeavisideError =>
  new HeavisideError(
    'SPILL_FAILED',
    `a large transaction cannot be kept in ${directory}: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );

/**
 * Blocks of bytes on disk, appended once and read any number of times. The file has no name once it is open, so that
 * nothing is left of it when the process ends in whatever way.
 */
export class SpillFile {
  readonly #directory: string;
  readonly #handle: FileHandle;
  readonly #blocks: Block[] = [];
  #length = 0;

  private constructor(directory: string, handle: FileHandle) {
    this.#directory = directory;
    this.#handle = handle;
  }

  /** @throws HeavisideError SPILL_FAILED */
  static async create(directory: string): Promise<SpillFile> {
    const path = join(directory, `heaviside-spill-${process.pid}-${randomUUID()}`);
    try {
      const handle = await open(path, 'wx+', OWNER_ONLY);
      await unlink(path);
      return new SpillFile(directory, handle);
    } catch (error) {
      throw failed(directory, error);
    }
  }

  get blockCount(): number {
    return this.#blocks.length;
  }

  /** Bytes on disk. */
  get length(): number {
    return this.#length;
  }

  /** Appends a block; calls must not overlap. @throws HeavisideError SPILL_FAILED */
  async append(block: Buffer): Promise<void> {
    try {
      for (let at = 0; at < block.length;) {
        const { bytesWritten } = await this.#handle.write(block, at, block.length - at, this.#length + at);
        at += bytesWritten;
      }
    } catch (error) {
      throw failed(this.#directory, error);
    }
    this.#blocks.push({ offset: this.#length, length: block.length });
    this.#length += block.length;
  }

  /** The bytes of a block, in memory of their own. @throws HeavisideError SPILL_FAILED */
  async read(index: number): Promise<Buffer> {
    const block = this.#blocks[index];
    if (block === undefined) throw new RangeError(`no block ${index}`);
    const bytes = Buffer.allocUnsafeSlow(block.length);
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, block.offset + at);
        if (bytesRead === 0) throw new Error('the file is shorter than what was written');
        at += bytesRead;
      }
    } catch (error) {
      throw failed(this.#directory, error);
    }
    return bytes;
  }

  /** Gives the space back, after reads that are under way. */
  dispose(): void {
    this.#handle.close().catch(() => {});
  }
}
