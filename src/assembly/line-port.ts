import { PositionFile } from '../checkpoint/position-file.ts';
import type { Config } from '../config/config.ts';
import type { Evidence, OutputPort } from '../ports.ts';
import { LineOutput } from '../produce/line-output.ts';
import type { Output } from '../produce/output.ts';

const maxBatchBytes = 1024 * 1024;

/** stdout and file: nothing to fence; the position is in position_file, or nowhere. */
export class LinePort implements OutputPort {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  prove(): Promise<null> {
    return Promise.resolve(null);
  }

  fence(): Promise<Evidence> {
    const { file, isFileSynced } = this.#config.position;
    const record = file === null ? null : new PositionFile(file, isFileSynced).load();
    return Promise.resolve({ record, recordOffset: -1n, checkpoint: null });
  }

  hasData(): Promise<boolean> {
    return Promise.resolve(false);
  }

  open(): Promise<Output> {
    const { kind, outputFile } = this.#config.producer;
    if (kind === 'file' && outputFile !== null) return LineOutput.file(outputFile, maxBatchBytes);
    return Promise.resolve(LineOutput.stdout(maxBatchBytes));
  }

  abandon(): void {
    // nothing is opened by fence
  }
}
