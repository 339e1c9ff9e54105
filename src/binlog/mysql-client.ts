import { isIP, type Socket } from 'node:net';
import { createConnection, type Connection, type ConnectionOptions, type SslOptions } from 'mysql2';
import { HeavisideError } from '../errors.ts';
import { connectError, queryError } from './source-error.ts';

export type TlsMode = 'DISABLED' | 'PREFERRED' | 'REQUIRED' | 'VERIFY_CA' | 'VERIFY_IDENTITY';

/** How to reach the source. */
export interface SourceAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls: {
    readonly mode: TlsMode;
    /** PEM text. */
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  };
  /** Time to open the connection, and longest time of a query. */
  readonly connectTimeoutMs: number;
}

/** One row of a result: every value as text, by column name. */
export type SqlRow = Readonly<Record<string, string | null>>;

/** Runs one statement. Rejects with a HeavisideError. */
export type Query = (sql: string, values?: readonly (string | number)[]) => Promise<readonly SqlRow[]>;

/** The few things the dump needs of the driver's connection. */
export interface DriverConnection {
  readonly driver: Connection;
  /** Its socket, after TLS was begun. */
  readonly socket: Socket;
  readonly query: Query;
  /** The rows of one statement one by one, as the server sends them: values as text, in the order of the statement. Rejects with a HeavisideError. */
  rows(sql: string): AsyncGenerator<readonly (string | null)[]>;
  /** Closes the socket at once; a running query rejects. */
  destroy(): void;
}

/** A short-lived connection for questions to the source. */
export interface QueryConnection {
  readonly query: Query;
  /** Ends the session; never rejects. */
  close(): Promise<void>;
}

/** Idle time after which the kernel probes the peer, ms. */
const KEEP_ALIVE_MS = 15_000;

function tlsOptions({ tls }: SourceAddress): SslOptions | undefined {
  if (tls.mode === 'DISABLED') return undefined;
  const verifies = tls.mode === 'VERIFY_CA' || tls.mode === 'VERIFY_IDENTITY';
  return {
    rejectUnauthorized: verifies,
    verifyIdentity: tls.mode === 'VERIFY_IDENTITY',
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

function connect(address: SourceAddress, ssl: SslOptions | undefined): Promise<Connection> {
  const options: ConnectionOptions = {
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    connectTimeout: address.connectTimeoutMs,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    charset: 'utf8mb4_general_ci',
    // Everything as text: no value changes its type with its size.
    typeCast: (field) => field.string(),
    ...(ssl === undefined ? {} : { ssl }),
  };
  return new Promise((resolve, reject) => {
    const connection = createConnection(options);
    nameTheServer(connection, address);
    connection.once('error', (error: unknown) => {
      destroyConnection(connection);
      reject(error);
    });
    connection.once('connect', () => {
      connection.removeAllListeners('error');
      // A session that breaks while nothing runs must not end the process; the next query tells.
      connection.on('error', () => {});
      resolve(connection);
    });
  });
}

/**
 * A certificate is checked against the name of the TLS connection or, as an address may not be one (RFC 6066), against
 * `_host` of the socket below: Node.js sets it for names only, and takes "localhost" where there is none.
 */
function nameTheServer(connection: Connection, { host }: SourceAddress): void {
  if (isIP(host) !== 0) (socketOf(connection) as Socket & { _host?: string })._host = host;
}

/** The driver's types leave its socket out. */
const socketOf = (connection: Connection): Socket =>
  (connection as unknown as { readonly stream: Socket }).stream;

/** The driver's destroy() only ends the writing side; a half-open peer would keep the socket for ever. */
function destroyConnection(connection: Connection): void {
  connection.destroy();
  socketOf(connection).destroy();
}

const isWithoutTls = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT';

async function openConnection(address: SourceAddress): Promise<Connection> {
  const ssl = tlsOptions(address);
  try {
    return await connect(address, ssl).catch((error: unknown) => {
      if (address.tls.mode === 'PREFERRED' && isWithoutTls(error)) return connect(address, undefined);
      throw error;
    });
  } catch (error) {
    throw connectError(error, address);
  }
}

function queryOn(connection: Connection, timeoutMs: number): Query {
  return (sql, values = []) =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        socketOf(connection).off('close', onClose);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(queryError(error));
      };
      const onClose = (): void =>
        fail(new HeavisideError('SOURCE_LOST', 'the connection to the source closed during a query'));
      // The driver's own timeout would leave the answer to the next query.
      const timer = setTimeout(() => {
        fail(new HeavisideError('SOURCE_LOST', `the source did not answer a query within ${timeoutMs} ms`));
        destroyConnection(connection);
      }, timeoutMs);
      socketOf(connection).once('close', onClose);
      connection.query(sql, [...values], (error, rows) => {
        if (error !== null) return fail(error);
        settle();
        resolve(Array.isArray(rows) ? (rows as SqlRow[]) : []);
      });
    });
}

/** Rows that are read ahead of the caller. */
const READ_AHEAD = 1000;

async function* streamRows(driver: Connection, sql: string): AsyncGenerator<readonly (string | null)[]> {
  const stream = driver.query({ sql, rowsAsArray: true }).stream({ highWaterMark: READ_AHEAD });
  try {
    for await (const row of stream) yield row as (string | null)[];
  } catch (error) {
    throw error instanceof HeavisideError ? error : queryError(error);
  }
}

/**
 * Opens the connection that the dump will run on.
 * @throws HeavisideError SOURCE_UNREACHABLE, SOURCE_ACCESS_DENIED
 */
export async function openDriverConnection(address: SourceAddress): Promise<DriverConnection> {
  const driver = await openConnection(address);
  return {
    driver,
    socket: socketOf(driver),
    query: queryOn(driver, address.connectTimeoutMs),
    rows: (sql) => streamRows(driver, sql),
    destroy: () => destroyConnection(driver),
  };
}

/**
 * Opens a connection for queries.
 * @throws HeavisideError SOURCE_UNREACHABLE, SOURCE_ACCESS_DENIED
 */
export async function openQueryConnection(address: SourceAddress): Promise<QueryConnection> {
  const driver = await openConnection(address);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      const giveUp = setTimeout(() => destroyConnection(driver), 1000);
      socketOf(driver).once('close', () => {
        clearTimeout(giveUp);
        resolve();
      });
      if (socketOf(driver).destroyed) {
        clearTimeout(giveUp);
        return resolve();
      }
      driver.end(() => destroyConnection(driver));
    });
  return { query: queryOn(driver, address.connectTimeoutMs), close };
}
