/** One connection to one Redis node. Commands are never queued for later and never sent twice. */
export interface RedisConnection {
  /**
   * Sends one command; settles within the connection's time limit. A command that timed out may still be carried out
   * by the server: every write must be conditional.
   * @throws REDIS_UNREACHABLE no connection or no answer in time
   * @throws REDIS_ACCESS_DENIED, REDIS_REFUSED the server answered with an error
   */
  call(command: string, args: readonly (string | number)[]): Promise<unknown>;
  /** Runs a Lua script by its SHA-1, sending the text where the server does not have it. Settles and throws as `call`. */
  evaluate(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** One Redis node of `redis.nodes` (a Sentinel group counts as one). */
export interface RedisPeer {
  /** Host and port, without credentials. */
  readonly name: string;
  /** For the lease: fails at once without a connection, and within a quarter of the lease's TTL otherwise. */
  readonly lease: RedisConnection;
  /** For everything else: waits a moment for a connection that is being opened. */
  readonly store: RedisConnection;
  /** Receives what is published on the channel, also after reconnects, until `close`. Does not wait for the subscription. */
  subscribe(channel: string, onMessage: (message: string) => void): void;
  /** Ends all sockets and timers; calls under way are rejected. */
  close(): void;
}
