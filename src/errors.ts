import type { Reaction } from './error-row.ts';
import { errorTable } from './error-table.ts';

export { errorTable };
export type { Reaction };

export type ErrorCode = keyof typeof errorTable;

/** An error as pages and other processes are told of it. */
export interface ErrorReport {
  /** Code of docs/errors.md; of a newer version, perhaps one that this one does not know. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** An error with a code of the table, a cause in words, and the operator's next step. Never holds a secret or a row value. */
export class HeavisideError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'HeavisideError';
    this.code = code;
  }

  get reaction(): Reaction {
    return errorTable[this.code].reaction;
  }

  /** Whether the check at the start of a process ends it. */
  get endsStart(): boolean {
    return errorTable[this.code].atStart === 'exit';
  }

  get hint(): string {
    return errorTable[this.code].hint;
  }

  get report(): ErrorReport {
    return { code: this.code, message: this.message, hint: this.hint };
  }

  get exitCode(): number {
    return errorTable[this.code].exitCode;
  }
}

/** Wraps anything thrown into a HeavisideError; what is one already passes through. */
export function asHeavisideError(error: unknown, code: ErrorCode = 'INTERNAL'): HeavisideError {
  if (error instanceof HeavisideError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new HeavisideError(code, message, { cause: error });
}
