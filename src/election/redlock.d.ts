/** What is used of redlock 5.0.0-beta.2: its own types do not resolve under nodenext (no `types` in its `exports`). */
declare module 'redlock' {
  /** All that redlock calls on a client. The reply must be a number; equal to the number of keys it is a vote for. */
  export interface RedlockClient {
    evalsha(hash: string, keyCount: number, keysAndArguments: readonly (string | number)[]): Promise<unknown>;
    eval(script: string, keyCount: number, keysAndArguments: readonly (string | number)[]): Promise<unknown>;
    quit(): Promise<unknown>;
  }

  export interface Settings {
    readonly driftFactor: number;
    readonly retryCount: number;
    readonly retryDelay: number;
    readonly retryJitter: number;
    readonly automaticExtensionThreshold: number;
  }

  /** Functions only: a string is silently ignored. */
  export interface Scripts {
    readonly acquireScript: (stock: string) => string;
    readonly extendScript: (stock: string) => string;
    readonly releaseScript: (stock: string) => string;
  }

  export interface ExecutionStats {
    readonly membershipSize: number;
    readonly quorumSize: number;
    readonly votesFor: ReadonlySet<RedlockClient>;
    readonly votesAgainst: ReadonlyMap<RedlockClient, Error>;
  }

  export interface ExecutionResult {
    readonly attempts: readonly Promise<ExecutionStats>[];
  }

  export class ResourceLockedError extends Error {}

  export class ExecutionError extends Error {
    readonly attempts: readonly Promise<ExecutionStats>[];
  }

  export class Lock {
    readonly value: string;
    readonly attempts: readonly Promise<ExecutionStats>[];
    /** Wall clock, milliseconds since 1970; `extend` refuses without asking once it has passed. */
    expiration: number;
  }

  export default class Redlock {
    constructor(clients: Iterable<RedlockClient>, settings?: Partial<Settings>, scripts?: Partial<Scripts>);
    acquire(resources: string[], durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
    extend(lock: Lock, durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
    release(lock: Lock, settings?: Partial<Settings>): Promise<ExecutionResult>;
  }
}
