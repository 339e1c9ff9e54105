import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A script of the tests in a process of its own: it is sent its options first, and both sides talk by messages. */
export class ScriptChild {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  /**
   * @param file the script's path from the root of the repository
   * @param options.heapMib bound of its heap
   * @param options.niceness as of nice(1): 0 to 19
   */
  constructor(
    file: string,
    first: object,
    onMessage: (message: unknown) => void,
    { heapMib = 512, niceness = 0 }: { heapMib?: number; niceness?: number } = {},
  ) {
    this.#name = file;
    this.#child = fork(`${root}${file}`, [], {
      cwd: root,
      execArgv: ['--import', 'tsx', `--max-old-space-size=${heapMib}`],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', onMessage);
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    if (niceness > 0 && this.#child.pid !== undefined) setPriority(this.#child.pid, niceness);
    this.send(first);
  }

  send(message: object): void {
    this.#child.send(message);
  }

  /** Throws where it has ended before it was told to. */
  check(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`${this.#name} has ended with ${exitCode ?? signalCode}`);
  }

  /** Ends it, at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** In the script: resolves to the first message. The process ends with the one that started it. */
export function firstMessage<T>(): Promise<T> {
  process.once('disconnect', () => process.exit(1));
  return new Promise((resolve) => process.once('message', (message) => resolve(message as T)));
}

/** In the script: tells the one that started it. */
export function tell(message: object): void {
  process.send?.(message);
}
