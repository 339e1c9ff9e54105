import net from 'node:net';
import tls from 'node:tls';
import { createRequire } from 'node:module';
import Broker from 'kafkajs/src/broker/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import ConnectionPool from 'kafkajs/src/network/connectionPool.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { HeavisideError } from '../errors.ts';

/*
 * The one importer of kafkajs. It gives connections, TLS, SASL, API versions and the request definitions of the
 * transaction protocol; batches, metadata and the order of things are ours (kafkajs's producer can lose a partition,
 * reuses sequences after an error, and cannot tell the outcome of a commit).
 */

/** What is relied on are inner modules: another version must pass the contract test first. */
const testedVersion = '2.2.4';

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaConnectionOptions {
  /** host:port, at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Read for each connection, as `sasl`: both may have been rotated. */
  readonly ssl: tls.ConnectionOptions | null;
  readonly sasl: KafkaSasl | null;
  /** Called for each login that a broker refuses. */
  readonly onAuthenticationFailed?: () => void;
  /** Milliseconds for TCP and TLS to stand. */
  readonly connectionTimeoutMs: number;
  /** Milliseconds to the answer of any request. */
  readonly requestTimeoutMs: number;
  /** Structured lines of kafkajs; its level-1 lines are reported as warnings: the caller sees the error itself. */
  readonly onLog?: (level: 'warn' | 'debug', message: string) => void;
}

export type KafkaBroker = Broker;

function installedVersion(): string {
  return (createRequire(import.meta.url)('kafkajs/package.json') as { version: string }).version;
}

/** Refuses to run on another kafkajs than the one the contract test knows. */
export function assertKafkaJsVersion(version = installedVersion()): void {
  if (version !== testedVersion) {
    throw new HeavisideError('INTERNAL', `kafkajs ${version} is installed, ${testedVersion} is needed`);
  }
}

// kafkajs re-arms a timer every millisecond for ever, even with nothing pending (its issue 1556).
const scheduleOriginal = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) scheduleOriginal.call(this);
};

function socketFactory({ host, port, ssl, onConnect }: SocketRequest): net.Socket {
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 10_000);
  socket.setNoDelay(true);
  return socket;
}

interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl: tls.ConnectionOptions | null;
  readonly onConnect: () => void;
}

/** TLS options whose key material was read; kafkajs would tell of a wrong one as of a network that is away. @throws KAFKA_TLS */
function withContext(ssl: tls.ConnectionOptions | null): tls.ConnectionOptions | null {
  if (ssl === null) return null;
  try {
    return { ...ssl, secureContext: tls.createSecureContext(ssl) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new HeavisideError('KAFKA_TLS', `the certificate, key or authority of kafka.ssl.*: ${message}`);
  }
}

/** A broker object that is not connected yet. @throws KAFKA_TLS where key material is unfit */
export function createBroker(
  options: KafkaConnectionOptions,
  host: string,
  port: number,
  nodeId?: number,
): Broker {
  const logger = loggers.createLogger({
    level: loggers.LEVELS.WARN,
    logCreator: () => (entry) => {
      const { log } = entry as { log: { message: string } };
      options.onLog?.('debug', log.message);
    },
  });
  const connectionPool = new ConnectionPool({
    host,
    port,
    ssl: withContext(options.ssl),
    sasl: options.sasl,
    clientId: options.clientId,
    socketFactory,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    reauthenticationThreshold: 10_000,
    logger,
  });
  return new Broker({
    connectionPool,
    logger,
    ...(nodeId === undefined ? {} : { nodeId }),
    allowAutoTopicCreation: false,
  });
}

/**
 * Ends the sockets and timers of a broker at once; what was in flight is rejected. For good: kafkajs would connect anew
 * for whatever is sent later, and a leader that has stepped down must not write.
 */
export function destroyBroker(broker: Broker): void {
  for (const connection of broker.connectionPool.pool) {
    const error = new Error('connection closed by this replica');
    error.name = 'KafkaJSConnectionClosedError';
    connection.connect = () => Promise.reject(error);
    connection.requestQueue.rejectAll(error);
    connection.requestQueue.destroy();
    connection.connectionStatus = 'disconnected';
    connection.socket?.destroy();
  }
}
