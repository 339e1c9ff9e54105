import { request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { PageProviders } from '../../../src/health/http-pages.ts';
import { HttpServer } from '../../../src/health/http-server.ts';

const silentLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

const providers: PageProviders = {
  metrics: { contentType: 'text/plain; version=0.0.4', render: () => Promise.resolve('up 1\n') },
  health: { live: () => ({ ok: true, reason: 'leader' }), ready: () => ({ ok: true, reason: 'leader' }) },
  status: () => ({ role: 'leader', epoch: 3n }),
  history: () => ({ sampleMs: 2000, samples: [] }),
};

const opened: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

async function listen(overrides: Partial<PageProviders> = {}, pathPrefix = '/'): Promise<HttpServer> {
  const server = await HttpServer.listen(
    { bindAddress: '127.0.0.1', port: 0, pathPrefix, log: silentLog },
    { ...providers, ...overrides },
  );
  opened.push(server);
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

async function get(server: HttpServer, path: string, method = 'GET'): Promise<Answer> {
  const call = request({ host: '127.0.0.1', port: server.port, path, method, agent: false });
  call.end();
  const [response] = (await once(call, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    body: Buffer.concat(chunks).toString(),
  };
}

describe('HttpServer', () => {
  it('gives the metrics under both names, with their content type', async () => {
    const server = await listen();
    const expected = { status: 200, type: 'text/plain; version=0.0.4', body: 'up 1\n' };
    expect(await get(server, '/metrics')).toEqual(expected);
    expect(await get(server, '/prometheus?x=1')).toEqual(expected);
  });

  it('answers the probes by the verdicts', async () => {
    const health = {
      live: () => ({ ok: true, reason: 'leader' }),
      ready: () => ({ ok: false, reason: 'blocked: X: y' }),
    };
    const server = await listen({ health });
    expect((await get(server, '/livez')).status).toBe(200);
    const ready = await get(server, '/readyz');
    expect([ready.status, JSON.parse(ready.body)]).toEqual([503, { ok: false, reason: 'blocked: X: y' }]);
    const maxwell = await get(server, '/healthcheck');
    expect([maxwell.status, JSON.parse(maxwell.body)]).toMatchObject([
      500,
      { MaxwellHealth: { healthy: false } },
    ]);
  });

  it('gives status as JSON, big integers as text, and pong', async () => {
    const server = await listen();
    expect(JSON.parse((await get(server, '/status')).body)).toEqual({ role: 'leader', epoch: '3' });
    expect(await get(server, '/ping')).toMatchObject({ status: 200, body: 'pong\n' });
  });

  it('lists its pages, and has config and diagnostic only where they are provided', async () => {
    const bare = await listen();
    expect((await get(bare, '/')).body).not.toContain('/config');
    expect((await get(bare, '/config')).status).toBe(404);
    const full = await listen({
      config: () => ({ password: '***' }),
      diagnostic: () => Promise.resolve([]),
    });
    expect((await get(full, '/')).body).toContain('href="/config"');
    expect((await get(full, '/config')).body).toBe('{"password":"***"}\n');
  });

  it.each([
    [[true, true], 200, true],
    [[true, false], 299, false],
    [[false, true], 503, false],
  ] as const)(
    "answers Maxwell's diagnostic: mandatory ok, other ok = %o → %i",
    async ([first, second], status, success) => {
      const check = { name: 'kafka', resource: 'b:9092' };
      const diagnostic = () =>
        Promise.resolve([
          { ...check, mandatory: true, success: first },
          { ...check, mandatory: false, success: second },
        ]);
      const answer = await get(await listen({ diagnostic }), '/diagnostic');
      expect([answer.status, (JSON.parse(answer.body) as { success: boolean }).success]).toEqual([
        status,
        success,
      ]);
    },
  );

  it('serves below its prefix only', async () => {
    const server = await listen({}, '/maxwell/');
    expect((await get(server, '/maxwell/ping')).status).toBe(200);
    expect((await get(server, '/maxwell')).body).toContain('href="/maxwell/metrics"');
    expect((await get(server, '/ping')).status).toBe(404);
    expect((await get(server, '/maxwellping')).status).toBe(404);
  });

  it('answers HEAD without a body, refuses other methods, and unknown pages as JSON', async () => {
    const server = await listen();
    expect(await get(server, '/ping', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect((await get(server, '/ping', 'POST')).status).toBe(405);
    const missing = await get(server, '/nothing');
    expect([missing.status, missing.type]).toEqual([404, 'application/json; charset=utf-8']);
  });

  it('answers 500 where a provider fails, without what failed', async () => {
    const status = () => Promise.reject(new Error('password=hunter2'));
    const answer = await get(await listen({ status }), '/status');
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('hunter2');
  });

  it('names the address that it cannot have', async () => {
    const server = await listen();
    const second = HttpServer.listen(
      { bindAddress: '127.0.0.1', port: server.port, log: silentLog },
      providers,
    );
    await expect(second).rejects.toMatchObject({
      code: 'HTTP_ADDRESS_UNUSABLE',
      message: expect.stringContaining(`${server.port}`) as string,
    });
  });

  it('ends idle and unfinished connections when it closes, twice called or not', async () => {
    const server = await listen();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /ping HTTP/1.1\r\n');
    socket.on('error', () => undefined);
    // once() would reject on the reset that comes first.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await Promise.all([server.close(), server.close()]);
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  it('refuses a change of the configuration in the form of Maxwell', async () => {
    const server = await listen({ config: () => ({ filter: null }) });
    for (const method of ['PATCH', 'POST', 'PUT']) {
      const { status, body } = await get(server, '/config', method);
      expect(status).toBe(405);
      expect(JSON.parse(body)).toEqual({
        error: { code: 'READ_ONLY', message: expect.stringContaining('restart') as string },
      });
    }
  });
});
