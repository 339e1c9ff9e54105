import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { SchemaRegistry } from '../../src/registry/schema-registry.ts';
import { SchemaRegistryProcess } from '../support/schema-registry-process.ts';

const record = (...types: string[]): string =>
  JSON.stringify({
    type: 'record',
    name: 'r',
    fields: types.map((type, i) => ({ name: `f${i}`, type: ['null', type], default: null })),
  });

const open = (url: string, more: { password?: string; timeoutMs?: number } = {}): SchemaRegistry =>
  new SchemaRegistry({
    url,
    username: more.password === undefined ? null : 'user',
    password: more.password === undefined ? null : new Secret(more.password),
    timeoutMs: more.timeoutMs ?? 20_000,
  });

describe('with a real registry', () => {
  let registry: SchemaRegistryProcess;

  beforeAll(async () => {
    registry = await SchemaRegistryProcess.start();
  });

  afterAll(() => registry.close());

  it('registers, and is told the same id for the same schema', async () => {
    const client = open(`${registry.url}/`);
    await client.prove();
    const id = await client.register('topic-a.b', record('long'));
    expect(client.idOf('topic-a.b', record('long'))).toBe(id);
    expect(client.idOf('topic-a.b', record('string'))).toBeUndefined();
    expect(JSON.parse(await registry.schema(id))).toEqual(JSON.parse(record('long')));
    expect(await open(registry.url).register('topic-a.b', record('long'))).toBe(id);
    expect(await client.register('topic-a.b', record('long', 'string'))).not.toBe(id);
    expect(await registry.subjects()).toContain('topic-a.b');
  });

  it('is refused an incompatible schema and one that is none', async () => {
    const client = open(registry.url);
    await client.register('topic-c', record('long'));
    const refused = { code: 'AVRO_SCHEMA_INCOMPATIBLE', reaction: 'blocked' };
    await expect(client.register('topic-c', record('string'))).rejects.toMatchObject(refused);
    expect(client.idOf('topic-c', record('string'))).toBeUndefined();
    await expect(client.register('topic-d', '{"type":"nonsense"}')).rejects.toMatchObject(refused);
    await registry.setCompatibility('NONE');
    await expect(client.register('topic-c', record('string'))).resolves.toBeGreaterThan(0);
  });
});

describe('with a registry that does not serve', () => {
  let server: Server | null = null;

  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
    server = null;
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('sends its credentials, and is told where they are refused', async () => {
    const expected = `Basic ${Buffer.from('user:s3cret').toString('base64')}`;
    const url = await serve((request, response) => {
      response.statusCode = request.headers.authorization === expected ? 200 : 401;
      response.end(response.statusCode === 200 ? '{"id":7}' : '<html>no</html>');
    });
    await expect(open(url, { password: 's3cret' }).register('s', '{}')).resolves.toBe(7);
    const failure: unknown = await open(url, { password: 'wr0ng' })
      .register('s', '{}')
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SCHEMA_REGISTRY_ACCESS_DENIED' });
    expect(String(failure)).not.toContain('wr0ng');
  });

  it.each<readonly [string, RequestListener]>([
    ['is overloaded', (_, response) => response.writeHead(503).end('{"message":"later"}')],
    ['is another server', (_, response) => response.writeHead(404).end('<html>')],
    ['answers with a page', (_, response) => response.end('<html>')],
    ['answers with an id that is none', (_, response) => response.end('{"id":"7"}')],
    ['hangs', () => undefined],
    ['hangs up', (request) => request.socket.destroy()],
  ])('that %s is tried again', async (_, listener) => {
    const url = await serve(listener);
    const failing = open(url, { timeoutMs: 300 }).register('s', '{}');
    await expect(failing).rejects.toMatchObject({ code: 'SCHEMA_REGISTRY_UNREACHABLE', reaction: 'retry' });
  });
});
