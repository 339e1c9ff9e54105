import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kafkaNetworkFactory } from '../../../src/assembly/kafka-settings.ts';
import { loadConfigText } from '../../support/load-config-text.ts';
import { MemoryLog } from '../../support/memory-log.ts';

let folder = '';
const path = (name: string): string => join(folder, name);
const pem = (name: string): string => readFileSync(path(name), 'utf8');
const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
};

function makeCertificate(name: string, subject: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-days',
    '2',
    '-subj',
    subject,
  );
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heaviside-tls-'));
  makeCertificate('broker', '/CN=localhost');
  makeCertificate('stranger', '/CN=elsewhere');
  makeCertificate('client', '/CN=replicator');
  openssl('ec', '-in', 'client.key', '-aes128', '-passout', 'pass:secret', '-out', 'locked.key');
  writeFileSync(path('both.pem'), pem('client.key') + pem('client.pem'));
  writeFileSync(path('lockedboth.pem'), pem('locked.key') + pem('client.pem'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Kafka's answers as far as a login goes: ApiVersions, SaslHandshake, SaslAuthenticate. */
function answer(socket: Socket, request: Buffer): void {
  const api = request.readInt16BE(4);
  const bodies: Readonly<Record<number, string>> = {
    17: '0000' + '00000001' + '0005504c41494e', // mechanisms, of which only the number counts
    18: '0000' + '00000003' + '001100000001' + '001200000002' + '002400000001' + '00000000',
    36: '0000' + 'ffff' + '00000000' + '0000000000000000',
  };
  const body = Buffer.from(bodies[api] ?? '', 'hex');
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + body.length);
  request.copy(head, 4, 8, 12);
  socket.write(Buffer.concat([head, body]));
}

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

/** All that the product's connection sends to a broker in its first requests. */
async function sent(lines: string): Promise<string> {
  const chunks: Buffer[] = [];
  const port = await listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        answer(socket, chunk);
      });
    }),
  );
  await connect(`kafka.bootstrap.servers=127.0.0.1:${port}\n${lines}`);
  return Buffer.concat(chunks).toString('latin1');
}

async function connect(lines: string): Promise<void> {
  const { config } = loadConfigText({ file: `user=u\nkafka.request.timeout.ms=1000\n${lines}` });
  const network = kafkaNetworkFactory(config, new MemoryLog())();
  const attempt = network.refreshMetadata(['t']).then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([attempt, new Promise((resolve) => setTimeout(resolve, 1500).unref())]);
  network.destroy();
}

interface Handshake {
  readonly isTls: boolean;
  readonly client: string | null;
}

/** Whether a broker with that certificate is spoken to, and as whom. */
async function handshake(lines: string, broker = 'broker'): Promise<Handshake> {
  let seen: Handshake = { isTls: false, client: null };
  const port = await listen(
    createTlsServer(
      {
        key: pem(`${broker}.key`),
        cert: pem(`${broker}.pem`),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (socket: TLSSocket) => {
        socket.on('error', () => undefined);
        // The first request is sent only after the certificate was accepted.
        socket.once('data', () => {
          const { subject } = socket.getPeerCertificate();
          seen = { isTls: true, client: (subject as { CN?: string } | undefined)?.CN ?? null };
          socket.destroy();
        });
      },
    ).on('tlsClientError', () => undefined),
  );
  const filled = lines.replaceAll('DIR', folder);
  await connect(`kafka.bootstrap.servers=localhost:${port}\nkafka.security.protocol=SSL\n${filled}`);
  return seen;
}

const trusted = 'kafka.ssl.ca.location=DIR/broker.pem';
const escaped = (name: string): string => pem(name).replaceAll('\n', '\\n');

describe('what a broker sees first', () => {
  it('[kafka.client.id]', async () => {
    expect(await sent('kafka.client.id=my-name')).toContain('my-name');
  });

  it('[kafka.bootstrap.servers] a connection', async () => {
    expect(await sent('')).toContain('heaviside.maxwell');
  });
});

describe('TLS', () => {
  it('[kafka.security.protocol, kafka.ssl.ca.location] to a broker whose authority is trusted', async () => {
    expect(await handshake(trusted)).toEqual({ isTls: true, client: null });
    expect(await handshake('')).toEqual({ isTls: false, client: null });
  });

  it('[kafka.ssl.truststore.location]', async () => {
    expect(await handshake('kafka.ssl.truststore.location=DIR/broker.pem')).toMatchObject({ isTls: true });
  });

  it('[kafka.ssl.truststore.certificates]', async () => {
    expect(await handshake(`kafka.ssl.truststore.certificates=${escaped('broker.pem')}`)).toMatchObject({
      isTls: true,
    });
  });

  it('[kafka.ssl.endpoint.identification.algorithm] empty: whatever name the certificate has', async () => {
    const stranger = 'kafka.ssl.ca.location=DIR/stranger.pem';
    expect(await handshake(stranger, 'stranger')).toMatchObject({ isTls: false });
    expect(
      await handshake(`${stranger}\nkafka.ssl.endpoint.identification.algorithm=`, 'stranger'),
    ).toMatchObject({ isTls: true });
  });

  it.each([
    ['[kafka.ssl.keystore.location]', () => 'kafka.ssl.keystore.location=DIR/both.pem'],
    [
      '[kafka.ssl.certificate.location, kafka.ssl.key.location]',
      () => 'kafka.ssl.certificate.location=DIR/client.pem\nkafka.ssl.key.location=DIR/client.key',
    ],
    [
      '[kafka.ssl.keystore.certificate.chain, kafka.ssl.keystore.key]',
      () =>
        `kafka.ssl.keystore.certificate.chain=${escaped('client.pem')}\nkafka.ssl.keystore.key=${escaped('client.key')}`,
    ],
    [
      '[kafka.ssl.key.password]',
      () => 'kafka.ssl.keystore.location=DIR/lockedboth.pem\nkafka.ssl.key.password=secret',
    ],
    [
      '[kafka.ssl.keystore.password]',
      () => 'kafka.ssl.keystore.location=DIR/lockedboth.pem\nkafka.ssl.keystore.password=secret',
    ],
  ])('%s: we show our certificate', async (_, lines) => {
    expect(await handshake(`${trusted}\n${lines()}`)).toEqual({ isTls: true, client: 'replicator' });
  });
});

describe('SASL', () => {
  const sasl = 'kafka.security.protocol=SASL_PLAINTEXT\n';

  it('[kafka.sasl.username, kafka.sasl.password] PLAIN', async () => {
    expect(await sent(`${sasl}kafka.sasl.username=me\nkafka.sasl.password=pw`)).toContain('\0me\0pw');
  });

  it('[kafka.sasl.mechanism]', async () => {
    const login = 'kafka.sasl.username=me\nkafka.sasl.password=pw';
    expect(await sent(`${sasl}${login}\nkafka.sasl.mechanism=SCRAM-SHA-512`)).toContain('SCRAM-SHA-512');
  });

  it('[kafka.sasl.jaas.config]', async () => {
    const login =
      'org.apache.kafka.common.security.plain.PlainLoginModule required username="j" password="k";';
    expect(await sent(`${sasl}kafka.sasl.jaas.config=${login}`)).toContain('\0j\0k');
  });
});
