import { HeavisideError } from '../errors.ts';
import type { KafkaBroker } from './kafkajs-driver.ts';
import { WireWriter } from './wire.ts';

export interface RawRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  /** The body in pieces, which go out one behind the other without being copied: none may change until the answer is there. */
  readonly body: readonly Buffer[];
  /** False: the broker sends no answer (acks=0). */
  readonly expectResponse?: boolean;
}

type Connection = Awaited<ReturnType<KafkaBroker['connectionPool']['getConnectionByRequest']>>;

const nothing = Buffer.alloc(0);

/**
 * Sends a request whose body was encoded by us over a connection of kafkajs, and gives the raw body of the answer; without
 * one it resolves when the kernel has the bytes. Rejects with the connection's errors, and with KAFKA_UNSUPPORTED where
 * the broker does not take the version.
 */
export async function sendRaw(broker: KafkaBroker, request: RawRequest): Promise<Buffer> {
  const { apiKey, apiVersion, apiName, body, expectResponse = true } = request;
  const range = broker.versions?.[apiKey];
  if (range !== undefined && (apiVersion < range.minVersion || apiVersion > range.maxVersion)) {
    throw new HeavisideError(
      'KAFKA_UNSUPPORTED',
      `${apiName} v${apiVersion} is outside the broker's ${range.minVersion} to ${range.maxVersion}`,
    );
  }
  const connection = await broker.connectionPool.getConnectionByRequest({ request: { apiKey } });
  if (!connection.isAuthenticated()) await connection.authenticate();
  connection.failIfNotConnected();
  const correlationId = connection.nextCorrelationId();
  const head = requestHead(request, correlationId, connection.clientId);
  return new Promise((resolve, reject) => {
    connection.requestQueue.push({
      entry: {
        apiKey,
        apiVersion,
        apiName,
        correlationId,
        reject,
        resolve: ({ payload }) => expectResponse && resolve(payload),
      },
      expectResponse,
      requestTimeout: null,
      sendRequest: () =>
        writePieces(connection, [head, ...body], expectResponse ? undefined : () => resolve(nothing)),
    });
  });
}

/** Size, and request header version 1: api_key api_version correlation_id client_id. */
export function requestHead(
  { apiKey, apiVersion, body }: RawRequest,
  correlationId: number,
  clientId: string,
): Buffer {
  const header = new WireWriter(64)
    .int16(apiKey)
    .int16(apiVersion)
    .int32(correlationId)
    .string(clientId)
    .take();
  const size = body.reduce((sum, piece) => sum + piece.length, header.length);
  return Buffer.concat([new WireWriter(4).int32(size).take(), header]);
}

/** In one system call, as far as the kernel takes them. Throws where the connection was lost. */
function writePieces(connection: Connection, pieces: readonly Buffer[], onWritten?: () => void): void {
  const { socket } = connection;
  connection.failIfNotConnected();
  socket.cork();
  for (const [index, piece] of pieces.entries())
    socket.write(piece, index === pieces.length - 1 ? onWritten : undefined);
  socket.uncork();
}
