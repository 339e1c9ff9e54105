import type { BinlogStreamOptions } from '../binlog/binlog-source.ts';
import type { SourceAddress } from '../binlog/mysql-client.ts';
import type { Config } from '../config/config.ts';
import { pemReader } from './read-pem.ts';

/**
 * The addresses of the source, in the order in which they are tried. Names are resolved at each connect; password and
 * certificates are read anew each time they are looked at, so that a connection is made with those of now.
 */
export function sourceAddresses({ source }: Config): readonly SourceAddress[] {
  const readCa = pemReader(source.tls.caPath);
  const readCert = pemReader(source.tls.certificatePath);
  const readKey = pemReader(source.tls.keyPath);
  return source.hosts.map(({ host, port }) => ({
    host,
    port,
    user: source.user,
    get password() {
      return source.password?.reveal() ?? '';
    },
    get tls() {
      const [ca, cert, key] = [readCa(), readCert(), readKey()];
      return {
        mode: source.tls.mode,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      };
    },
    connectTimeoutMs: source.connectionTimeoutMs,
  }));
}

/** Bytes of transactions that may wait to be encoded: half of kafka.buffer.memory, 1 MiB at least. */
export function queueLimitBytes({ kafka }: Pick<Config, 'kafka'>): number {
  return Math.max(1024 * 1024, Math.floor(kafka.bufferBytes / 2));
}

/** What the stream of events keeps, where it spills, and what it passes over. */
export function streamSettings({
  source,
  kafka,
  process,
  output,
}: Config): Pick<
  BinlogStreamOptions,
  | 'replicaServerId'
  | 'heartbeatMs'
  | 'maxQueueBytes'
  | 'spillThresholdBytes'
  | 'spillDirectory'
  | 'replicateIgnoreServerIds'
  | 'keepsQueryText'
  | 'readsSchema'
> {
  return {
    replicaServerId: source.replicaServerId,
    heartbeatMs: source.heartbeatMs,
    maxQueueBytes: queueLimitBytes({ kafka }),
    spillThresholdBytes: process.spillThresholdBytes,
    spillDirectory: process.spillDirectory,
    replicateIgnoreServerIds: source.ignoredServerIds,
    keepsQueryText: output.hasRowQuery,
    readsSchema: output.hasDdl,
  };
}
