import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A client that comes through the relay to a server that sends everything back. */
class EchoClient {
  text = '';
  isClosed = false;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes) => (this.text += bytes.toString()));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => (this.isClosed = true));
    onTestFinished(() => void this.#socket.destroy());
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  async got(text: string): Promise<void> {
    await waitUntil(() => this.text === text, { timeoutMs: 5000, what: `"${text}", not "${this.text}"` });
  }
}

/** The relay, and what the server behind it has got. */
async function setUp(): Promise<{ proxy: FaultProxy; arrived: () => string }> {
  let arrived = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      arrived += bytes.toString();
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await FaultProxy.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  onTestFinished(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { proxy, arrived: () => arrived };
}

const QUIET_MS = 150;

it('holds both directions, and delivers what was held when it is healed', async () => {
  const { proxy, arrived } = await setUp();
  const client = new EchoClient(proxy.port);
  client.send('a');
  await client.got('a');
  proxy.hold();
  client.send('b');
  await sleep(QUIET_MS);
  expect([arrived(), client.text, client.isClosed]).toEqual(['a', 'a', false]);
  proxy.heal();
  await client.got('ab');
});

it('holds one direction alone', async () => {
  const { proxy, arrived } = await setUp();
  const client = new EchoClient(proxy.port);
  client.send('a');
  await client.got('a');
  proxy.hold('to-client');
  client.send('b');
  await waitUntil(() => arrived() === 'ab', { timeoutMs: 5000, what: 'the request' });
  await sleep(QUIET_MS);
  expect(client.text).toBe('a');
  proxy.heal();
  await client.got('ab');
});

it('stalls the connections that there are, and relays new ones', async () => {
  const { proxy } = await setUp();
  const old = new EchoClient(proxy.port);
  old.send('a');
  await old.got('a');
  proxy.stall();
  old.send('b');
  const fresh = new EchoClient(proxy.port);
  fresh.send('c');
  await fresh.got('c');
  await sleep(QUIET_MS);
  expect([old.text, old.isClosed]).toEqual(['a', false]);
});

it('relays one byte at a time', async () => {
  const { proxy } = await setUp();
  const client = new EchoClient(proxy.port);
  proxy.trickle();
  client.send('one by one');
  await client.got('one by one');
  expect(proxy.slices).toBe(20); // there and back
});

it('keeps the order of the bytes when it is healed half-way', async () => {
  const { proxy } = await setUp();
  const client = new EchoClient(proxy.port);
  proxy.trickle();
  const first = 'a'.repeat(20_000);
  client.send(first);
  await waitUntil(() => proxy.slices > 1000, { timeoutMs: 5000, what: 'single bytes' });
  client.send('b'.repeat(1000));
  proxy.heal();
  client.send('c'.repeat(1000));
  await client.got(`${first}${'b'.repeat(1000)}${'c'.repeat(1000)}`);
  expect(proxy.slices).toBeLessThan(first.length);
});

it('ends every connection, and refuses new ones until it is healed', async () => {
  const { proxy } = await setUp();
  const client = new EchoClient(proxy.port);
  client.send('a');
  await client.got('a');
  proxy.cut();
  await waitUntil(() => client.isClosed, { timeoutMs: 5000, what: 'the end of the connection' });
  const refused = new EchoClient(proxy.port);
  await waitUntil(() => refused.isClosed, { timeoutMs: 5000, what: 'the end of a new connection' });
  proxy.heal();
  const fresh = new EchoClient(proxy.port);
  fresh.send('b');
  await fresh.got('b');
  expect([client.text, refused.text]).toEqual(['a', '']);
});
