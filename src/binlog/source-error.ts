import { HeavisideError, type ErrorCode } from '../errors.ts';
import { isTlsError } from '../tls-error.ts';

/** Server error numbers: mysql-server `share/messages_to_clients.txt`, MariaDB `sql/share/errmsg-utf8.txt`. */
const byNumber: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [1045, 'SOURCE_ACCESS_DENIED'],
  [1130, 'SOURCE_ACCESS_DENIED'], // host not allowed
  [1251, 'SOURCE_ACCESS_DENIED'], // authentication method not supported
  [1524, 'SOURCE_ACCESS_DENIED'], // authentication plugin not loaded
  [1698, 'SOURCE_ACCESS_DENIED'], // no password given
  [3118, 'SOURCE_ACCESS_DENIED'], // account locked
  [4151, 'SOURCE_ACCESS_DENIED'], // account locked (MariaDB)
  [3159, 'SOURCE_TLS'], // require_secure_transport, and ssl=DISABLED
  [1044, 'SOURCE_PRIVILEGE_MISSING'],
  [1142, 'SOURCE_PRIVILEGE_MISSING'],
  [1143, 'SOURCE_PRIVILEGE_MISSING'],
  [1227, 'SOURCE_PRIVILEGE_MISSING'],
  [1373, 'BINLOG_PURGED'], // unknown target binlog
  [1381, 'SOURCE_BINLOG_OFF'],
  [4052, 'SERVER_ID_IN_USE'], // MariaDB: the dump thread was ended for one of the same id
]);

/** What error 1236 (the dump was refused or ended) says, by its text. */
const dumpErrors: readonly (readonly [RegExp, ErrorCode])[] = [
  [/same server_uuid\/server_id|same server_id|same server_uuid/i, 'SERVER_ID_IN_USE'],
  [
    /more GTIDs than|not in the (?:master|source)'s binlog|missing the GTID|diverged/i,
    'POSITION_NOT_IN_EXECUTED',
  ],
  [/purged|Could not find first log|Could not find GTID state|Could not open log file/i, 'BINLOG_PURGED'],
  [/impossible position|position > file size/i, 'SOURCE_CHANGED'],
  [
    /max_allowed_packet|bogus data|corrupt|failed reading event|read event failed/i,
    'BINLOG_EVENT_UNSUPPORTED',
  ],
  [/gtid_mode/i, 'SOURCE_GTID_OFF'],
  [/not open|binary log is not/i, 'SOURCE_BINLOG_OFF'],
];

const numberOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An error while the connection was opened. */
export function connectError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): HeavisideError {
  const code =
    byNumber.get(numberOf(error) ?? 0) ?? (isTlsError(error) ? 'SOURCE_TLS' : 'SOURCE_UNREACHABLE');
  return new HeavisideError(code, `cannot connect to the source at ${host}:${port}: ${messageOf(error)}`, {
    cause: error,
  });
}

/** An error of a query; a broken connection is SOURCE_LOST. */
export function queryError(error: unknown): HeavisideError {
  if (error instanceof HeavisideError) return error;
  const code = byNumber.get(numberOf(error) ?? 0) ?? 'SOURCE_LOST';
  return new HeavisideError(code, `a query on the source failed: ${messageOf(error)}`, { cause: error });
}

/** An error that ended the dump, or refused it. */
export function dumpError(error: unknown): HeavisideError {
  if (error instanceof HeavisideError) return error;
  const message = messageOf(error);
  const number = numberOf(error);
  const code =
    number === 1236
      ? (dumpErrors.find(([pattern]) => pattern.test(message))?.[1] ?? 'SOURCE_LOST')
      : (byNumber.get(number ?? 0) ?? 'SOURCE_LOST');
  return new HeavisideError(code, `the source ended the binlog stream: ${message}`, { cause: error });
}
