import { createServer, connect } from 'node:net';
import { StackError } from './stack-error.ts';

export const HOST = '127.0.0.1';

// Below Linux's ephemeral range (32768…), or an outgoing connection could take the port of a stopped server.
const FIRST_PORT = 21_000;
const LAST_PORT = 31_999;
const MAX_TRIES = 200;

/** Resolves true when nothing listens on the port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Resolves true when a TCP connection to the port of 127.0.0.1 is accepted within a second. */
export async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A free port of 127.0.0.1 from 21000 to 31999 that is not among `taken`. Throws StackError when none is found. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new StackError(`no free port of ${HOST} found from ${FIRST_PORT} to ${LAST_PORT}`);
}
