import { openBinlogStream } from '../binlog/binlog-source.ts';
import { openQueryConnection, type Query, type SourceAddress } from '../binlog/mysql-client.ts';
import { checkPosition } from '../binlog/position-check.ts';
import { checkSource, type SourceFinding } from '../binlog/source-checks.ts';
import { readCurrentPosition, readSourceIdentity, type SourceIdentity } from '../binlog/source-identity.ts';
import type { Config } from '../config/config.ts';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import type { OpenStream, SourcePort } from '../ports.ts';
import type { Position } from '../model/position.ts';
import type { PositionRecord, SourceIdentityRecord } from '../model/position-record.ts';
import type { Log } from '../observability/log.ts';
import { TableFilter } from '../transform/table-filter.ts';
import { decodeLabel } from '../encode/decode-label.ts';
import { sourceAddresses } from './source-settings.ts';

const record = (identity: SourceIdentity): SourceIdentityRecord => ({
  flavor: identity.flavor,
  id: identity.id,
});

/** The source as the configuration describes it: its addresses in turn, each looked up anew. */
export class BinlogPort implements SourcePort {
  readonly #config: Config;
  readonly #log: Log;
  readonly #addresses: readonly SourceAddress[];
  #next = 0;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#addresses = sourceAddresses(config);
  }

  get #address(): SourceAddress {
    const address = this.#addresses[this.#next % this.#addresses.length];
    if (!address) throw new HeavisideError('CONFIG_INVALID', 'no source host is given');
    return address;
  }

  /** Runs questions on a connection of their own; an address that does not answer gives way to the next. */
  async #ask<T>(questions: (query: Query) => Promise<T>): Promise<T> {
    let failure: HeavisideError | null = null;
    for (let i = 0; i < this.#addresses.length; i++) {
      try {
        const connection = await openQueryConnection(this.#address);
        try {
          return await questions(connection.query);
        } finally {
          await connection.close();
        }
      } catch (error) {
        failure = asHeavisideError(error, 'SOURCE_LOST');
        if (failure.reaction !== 'retry') throw failure;
        this.#next++;
      }
    }
    throw failure ?? new HeavisideError('SOURCE_UNREACHABLE', 'no source host answers');
  }

  #usesGtid(identity: SourceIdentity): boolean {
    return this.#config.source.gtidMode ?? identity.hasGtid;
  }

  /** Everything that Heaviside asks of a source, as findings. */
  findings(): Promise<SourceFinding[]> {
    const { replicaServerId } = this.#config.source;
    return this.#ask(async (query) => {
      const identity = await readSourceIdentity(query);
      return checkSource(query, { replicaServerId, usesGtid: this.#usesGtid(identity) });
    });
  }

  /** Rejects with the first finding that is an error, all of them in its message. */
  async prove(): Promise<void> {
    const errors = (await this.findings()).filter(({ severity }) => severity === 'error');
    const [first] = errors;
    if (!first) return;
    throw new HeavisideError(first.code, errors.map(({ message, fix }) => `${message}. ${fix}`).join(' '));
  }

  look(): ReturnType<SourcePort['look']> {
    return this.#ask(async (query) => {
      const identity = await readSourceIdentity(query);
      const isGtid = this.#usesGtid(identity);
      return {
        identity: record(identity),
        isGtid,
        current: await readCurrentPosition(query, identity, isGtid),
      };
    });
  }

  async check(position: Position, expected: SourceIdentityRecord): Promise<void> {
    await this.#ask(async (query) => {
      const identity = await readSourceIdentity(query);
      await checkPosition(query, {
        identity,
        position,
        expectedIdentity: position.gtids ? null : expected.id,
      });
    });
  }

  async open(from: Position, last: PositionRecord, signal: AbortSignal): Promise<OpenStream> {
    const { source, kafka, process } = this.#config;
    const filter = new TableFilter(this.#config.filter);
    try {
      return await openBinlogStream({
        address: this.#address,
        flavor: last.source.flavor,
        from,
        expectedIdentity: from.gtids ? null : last.source.id,
        expectedFileCreatedAt: from.gtids ? null : last.fileCreatedAt,
        verify: last.lastTransaction,
        replicaServerId: source.replicaServerId,
        heartbeatMs: source.heartbeatMs,
        maxQueueBytes: Math.max(1024 * 1024, Math.floor(kafka.bufferBytes / 2)),
        spillThresholdBytes: process.spillThresholdBytes,
        spillDirectory: process.spillDirectory,
        replicateIgnoreServerIds: source.ignoredServerIds,
        signal,
        keepsQueryText: this.#config.output.hasRowQuery,
        decodeLabel,
        needsColumns: (database, table) => filter.verdict(database, table, []).kind !== 'exclude',
        onWarning: (message) => this.#log.warn({}, message),
      });
    } catch (error) {
      this.#next++;
      throw error;
    }
  }
}
