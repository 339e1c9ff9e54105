import { openBinlogStream } from '../binlog/binlog-source.ts';
import {
  openQueryConnection,
  type Query,
  type QueryConnection,
  type SourceAddress,
} from '../binlog/mysql-client.ts';
import { readMaxwellPosition, type MaxwellName, type MaxwellPosition } from '../binlog/maxwell-position.ts';
import { checkPosition } from '../binlog/position-check.ts';
import { readBinlogRetention } from '../binlog/binlog-retention.ts';
import { checkSource, type SourceFinding } from '../binlog/source-checks.ts';
import { checkHistory } from '../binlog/source-history.ts';
import { readCurrentPosition, readSourceIdentity, type SourceIdentity } from '../binlog/source-identity.ts';
import type { Config } from '../config/config.ts';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import type { OpenStream, SourceInspection, SourcePort } from '../ports.ts';
import type { Position } from '../model/position.ts';
import type { PositionRecord, SourceIdentityRecord } from '../model/position-record.ts';
import type { Log } from '../observability/log.ts';
import type { PipelineCounters } from '../observability/pipeline-counters.ts';
import { TableFilter } from '../transform/table-filter.ts';
import { decodeLabel } from '../encode/decode-label.ts';
import { BootstrapTable } from '../snapshot/bootstrap-table.ts';
import { ChunkReader } from '../snapshot/chunk-reader.ts';
import { sourceAddresses, streamSettings } from './source-settings.ts';

const record = (identity: SourceIdentity): SourceIdentityRecord => ({
  flavor: identity.flavor,
  id: identity.id,
});

/** The source as the configuration describes it: its addresses in turn, each looked up anew. */
export class BinlogPort implements SourcePort {
  readonly #config: Config;
  readonly #log: Log;
  readonly #counters: Pick<PipelineCounters, 'sourceBytes' | 'spillBytes'> | null;
  readonly #addresses: readonly SourceAddress[];
  #next = 0;
  /** The server that the stream at hand is read from. */
  #streamIdentity = '';
  #retentionSeconds: number | null = null;

  /** @param counters where bytes are counted; a command counts none */
  constructor(
    config: Config,
    log: Log,
    counters: Pick<PipelineCounters, 'sourceBytes' | 'spillBytes'> | null = null,
  ) {
    this.#counters = counters;
    this.#config = config;
    this.#log = log;
    this.#addresses = sourceAddresses(config);
  }

  get #address(): SourceAddress {
    const address = this.#addresses[this.#next % this.#addresses.length];
    if (!address) throw new HeavisideError('CONFIG_INVALID', 'no source host is given');
    return address;
  }

  /** An address that does not answer gives way to the next. */
  async #connect(): Promise<QueryConnection> {
    let failure: HeavisideError | null = null;
    for (let i = 0; i < this.#addresses.length; i++) {
      try {
        return await openQueryConnection(this.#address);
      } catch (error) {
        const each = asHeavisideError(error, 'SOURCE_UNREACHABLE');
        if (each.reaction !== 'retry') throw each;
        // Of several, one that refuses tells more than one that is away.
        if (failure === null || failure.code === 'SOURCE_UNREACHABLE') failure = each;
        this.#next++;
      }
    }
    throw failure ?? new HeavisideError('SOURCE_UNREACHABLE', 'no source host answers');
  }

  #usesGtid(identity: SourceIdentity): boolean {
    return this.#config.source.gtidMode ?? identity.hasGtid;
  }

  /** For how long the source keeps its binlogs, as it was proved last; null: not known, or until they are purged by hand. */
  get retentionSeconds(): number | null {
    return this.#retentionSeconds;
  }

  /** Asks again how long the source keeps its binlogs; a source that is away leaves what is known. */
  async refreshRetention(): Promise<void> {
    const connection = await this.#connect().catch(() => null);
    if (connection === null) return;
    try {
      this.#retentionSeconds = await readBinlogRetention(connection.query);
    } catch {
      // the stream tells what is wrong with the source
    } finally {
      await connection.close();
    }
  }

  /** Everything that Heaviside asks of a source, as findings. */
  async findings(): Promise<SourceFinding[]> {
    const connection = await this.#connect();
    try {
      return await this.#look(connection.query, await readSourceIdentity(connection.query));
    } finally {
      await connection.close();
    }
  }

  #look(query: Query, identity: SourceIdentity): Promise<SourceFinding[]> {
    const { replicaServerId } = this.#config.source;
    return checkSource(query, { replicaServerId, usesGtid: this.#usesGtid(identity) });
  }

  /**
   * Rejects with the first finding that is an error, all of them in its message.
   * @param last a position that was committed: the source must be able to be the one behind it
   */
  async prove(last: PositionRecord | null = null): Promise<void> {
    const connection = await this.#connect();
    try {
      const identity = await readSourceIdentity(connection.query);
      const findings = await this.#look(connection.query, identity);
      const errors = findings.filter(({ severity }) => severity === 'error');
      const [first] = errors;
      if (first) {
        throw new HeavisideError(
          first.code,
          errors.map(({ message, fix }) => `${message}. ${fix}`).join(' '),
        );
      }
      if (last) await checkHistory(connection.query, identity, last);
      this.#retentionSeconds = await readBinlogRetention(connection.query);
    } finally {
      await connection.close();
    }
  }

  async inspect(): Promise<SourceInspection> {
    const connection = await this.#connect();
    try {
      const identity = await readSourceIdentity(connection.query);
      const isGtid = this.#usesGtid(identity);
      const current = await readCurrentPosition(connection.query, identity, isGtid);
      return {
        identity: record(identity),
        isGtid,
        current,
        check: (position) => checkPosition(connection.query, { identity, position, expectedIdentity: null }),
        close: () => connection.close(),
      };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Where a Maxwell on this source stopped; for `heaviside position set --from-maxwell`. */
  async maxwellPosition(name: MaxwellName): Promise<MaxwellPosition> {
    const connection = await this.#connect();
    try {
      const identity = await readSourceIdentity(connection.query);
      return await readMaxwellPosition(connection.query, identity, this.#usesGtid(identity), name);
    } finally {
      await connection.close();
    }
  }

  /** A reader of tables at the server that the stream is read from. */
  openChunkReader(usesGtid: boolean): Promise<ChunkReader> {
    return ChunkReader.open({ address: this.#address, usesGtid, expectedIdentity: this.#streamIdentity });
  }

  /** Maxwell's bootstrap table at the server that the stream is read from; null: it has none. */
  openBootstrapTable(database: string): Promise<BootstrapTable | null> {
    const { clientId } = this.#config;
    const expectedIdentity = this.#streamIdentity;
    return BootstrapTable.open({ address: this.#address, expectedIdentity, database, clientId });
  }

  async open(from: Position, last: PositionRecord, signal: AbortSignal): Promise<OpenStream> {
    const filter = new TableFilter(this.#config.filter);
    try {
      const stream = await openBinlogStream({
        address: this.#address,
        flavor: last.source.flavor,
        from,
        expectedIdentity: from.gtids ? null : last.source.id,
        expectedFileCreatedAt: from.gtids ? null : last.fileCreatedAt,
        verify: last.lastTransaction,
        ...streamSettings(this.#config),
        signal,
        onBytes: (bytes) => {
          if (this.#counters) this.#counters.sourceBytes += bytes;
        },
        onSpill: (bytes) => {
          if (this.#counters) this.#counters.spillBytes += bytes;
        },
        decodeLabel,
        needsColumns: (database, table) => filter.verdict(database, table, []).kind !== 'exclude',
        onWarning: (message) => this.#log.warn({}, message),
      });
      this.#streamIdentity = stream.sourceIdentity.id;
      return stream;
    } catch (error) {
      this.#next++;
      throw error;
    }
  }
}
