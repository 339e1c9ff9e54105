import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { LogRateLimit } from './log-rate-limit.ts';
import type { Log } from './log.ts';
import { describeError, redactFields, redactText } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What every line carries, read when the line is written. */
export interface LogContext {
  readonly replica: string;
  readonly role: string;
  readonly epoch: number | null;
  readonly gtid: string | null;
}

export interface PinoLogOptions {
  readonly level: LogLevel;
  readonly context: () => LogContext;
  /** Where lines go. Default: standard error; standard output belongs to the stdout producer. */
  readonly stream?: DestinationStream & { flushSync?(): void };
  /** Monotonic milliseconds, for the rate limit. */
  readonly now?: () => number;
}

const standardErrorFd = 2;
/** Lines wait in memory while standard error is slow; beyond this they are dropped rather than the heap filled. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** The key of a repeated line: its message and the code of the error in it. */
function repeatKey(fields: Record<string, unknown>, message: string): string {
  const nested = fields['error'] ?? fields['err'];
  const code =
    fields['code'] ?? (typeof nested === 'object' && nested !== null && 'code' in nested ? nested.code : '');
  return `${message}\0${String(code)}`;
}

/** JSON lines through pino: live context, secrets masked, repeated warnings and errors at most once in 10 s. */
export class PinoLog implements Log {
  readonly #logger: Logger;
  readonly #limit: LogRateLimit;
  readonly #flush: () => void;

  private constructor(logger: Logger, limit: LogRateLimit, flush: () => void) {
    this.#logger = logger;
    this.#limit = limit;
    this.#flush = flush;
  }

  static open({ level, context, stream, now = () => performance.now() }: PinoLogOptions): PinoLog {
    const output = stream ?? destination({ fd: standardErrorFd, sync: false, maxLength: maxWaitingBytes });
    const logger = pino(
      {
        level,
        base: { pid: process.pid },
        messageKey: 'message',
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // A fresh object each time: pino writes the line's own fields into it.
        mixin: () => ({ ...context() }),
      },
      output,
    );
    return new PinoLog(logger, new LogRateLimit({ now }), () => output.flushSync?.());
  }

  /** Writes out what still waits in memory; for the last moment before `process.exit`. */
  flush(): void {
    this.#flush();
  }

  debug(fields: object, message: string): void {
    if (this.#logger.isLevelEnabled('debug')) this.#logger.debug(redactFields(fields), redactText(message));
  }

  info(fields: object, message: string): void {
    if (this.#logger.isLevelEnabled('info')) this.#logger.info(redactFields(fields), redactText(message));
  }

  warn(fields: object, message: string): void {
    this.#limited('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#limited('error', fields, message);
  }

  child(fields: object): Log {
    return new PinoLog(this.#logger.child(redactFields(fields)), this.#limit, this.#flush);
  }

  #limited(level: 'warn' | 'error', fields: object, message: string): void {
    if (!this.#logger.isLevelEnabled(level)) return;
    const plain = fields instanceof Error ? { error: describeError(fields) } : redactFields(fields);
    const suppressed = this.#limit.admit(repeatKey(plain, message));
    if (suppressed === null) return;
    this.#logger[level](suppressed === 0 ? plain : { ...plain, suppressed }, redactText(message));
  }
}
