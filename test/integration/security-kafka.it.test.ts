import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AclEntry } from 'kafkajs';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { runCommand } from '../../scripts/stack/run-command.ts';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { kafkaNetworkFactory } from '../../src/assembly/kafka-settings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Authority, type CertificateFiles } from '../support/certificates.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { ProductRun, toArguments } from '../support/product-run.ts';
import { runStatements } from '../support/run-statements.ts';
import { SecureBroker, type Listener } from '../support/secure-broker.ts';
import { documentedAcls, documentedLines } from '../support/security-page.ts';
import { TopicTail } from '../support/topic-tail.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createTopics } from '../support/create-topics.ts';

// One Kafka with the authorizer on and a listener for each way of coming in.
const dir = mkdtempSync(join(tmpdir(), 'heaviside-tls-kafka-'));
const database = `secure_${Date.now().toString(36)}`;
const clusters = ['made', 'given', 'lacks0', 'lacks1', 'lacks2', 'lacks3', 'lacks4', 'lacks5'] as const;
const passwordOf = (account: string): string => `pw-of-${account}`;

let ca: Authority;
let stranger: Authority;
let client: CertificateFiles;
let broker: SecureBroker;
let mysql: SqlServer;
const runs: ProductRun[] = [];

beforeAll(async () => {
  ca = await Authority.create(dir, 'ca');
  stranger = await Authority.create(dir, 'stranger');
  client = await ca.issue('heaviside');
  const stack = ensureStack({ mysql: true });
  broker = await SecureBroker.start({
    clientCa: ca.cert,
    server: await ca.issue('broker', ['DNS:localhost', 'IP:127.0.0.1']),
    misnamed: await ca.issue('misnamed', ['DNS:elsewhere.example']),
    accounts: Object.fromEntries(['heaviside', ...clusters].map((name) => [name, passwordOf(name)])),
  });
  mysql = (await stack).mysql as SqlServer;
  // The first handshakes of a fresh JVM take longer than a client waits.
  for (const listener of ['tls', 'mtls', 'misnamed', 'sasltls'] as const)
    await waitUntil(async () => (await connects(listener, ssl(stranger))) === 'KAFKA_TLS', {
      timeoutMs: 60_000,
      what: listener,
    });
  await runStatements(mysql, [
    `CREATE DATABASE ${database}`,
    `CREATE TABLE ${database}.orders (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20))`,
  ]);
});

afterAll(async () => {
  for (const run of runs) await run.stop();
  await runStatements(mysql, [`DROP DATABASE ${database}`]);
  await broker[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

type Options = Readonly<Record<string, string>>;

/** Asks a broker for its metadata: `connected`, or the code of the refusal. */
async function connects(listener: Listener, options: Options, onFailedLogin?: () => void): Promise<string> {
  const { config } = loadConfig({
    argv: toArguments({ user: 'u', 'kafka.bootstrap.servers': broker.address(listener) }),
    // The command line has no kafka.* keys but one in Maxwell; ours has, but an empty value comes by the environment.
    env: Object.fromEntries(
      Object.entries(options).map(([key, value]) => [
        `HEAVISIDE_${key.toUpperCase().replaceAll('.', '__')}`,
        value,
      ]),
    ),
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  const network = kafkaNetworkFactory(config, new MemoryLog(), onFailedLogin)();
  try {
    await network.refreshMetadata([]);
    return 'connected';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    network.destroy();
  }
}

const ssl = (authority: Authority): Options => ({
  'kafka.security.protocol': 'SSL',
  'kafka.ssl.truststore.location': authority.cert,
  'kafka.ssl.truststore.type': 'PEM',
});

const module = {
  PLAIN: 'plain.Plain',
  'SCRAM-SHA-256': 'scram.Scram',
  'SCRAM-SHA-512': 'scram.Scram',
} as const;
type Mechanism = keyof typeof module;

const jaas = (mechanism: Mechanism, account: string, password: string): string =>
  `org.apache.kafka.common.security.${module[mechanism]}LoginModule required username="${account}" password="${password}";`;

const sasl = (protocol: string, mechanism: Mechanism, password = passwordOf('heaviside')): Options => ({
  ...ssl(ca),
  'kafka.security.protocol': protocol,
  'kafka.sasl.mechanism': mechanism,
  'kafka.sasl.jaas.config': jaas(mechanism, 'heaviside', password),
});

describe('TLS to Kafka', () => {
  it('checks the authority and the name of a broker', async () => {
    expect(await connects('tls', ssl(ca))).toBe('connected');
    expect(
      await connects('tls', {
        ...ssl(ca),
        'kafka.ssl.truststore.location': '',
        'kafka.ssl.truststore.certificates': ca.pem,
      }),
    ).toBe('connected');
    expect(await connects('tls', ssl(stranger))).toBe('KAFKA_TLS');
    expect(await connects('tls', { 'kafka.security.protocol': 'SSL' })).toBe('KAFKA_TLS');
    expect(await connects('misnamed', ssl(ca))).toBe('KAFKA_TLS');
    const unnamed = { 'kafka.ssl.endpoint.identification.algorithm': '' };
    expect(await connects('misnamed', { ...ssl(ca), ...unnamed })).toBe('connected');
  });

  it('shows a certificate of ours: Java’s one file, two files, a locked key', async () => {
    const locked = join(dir, 'locked.key');
    await runCommand('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      client.key,
      '-passout',
      'pass:key-pw',
      '-out',
      locked,
    ]);
    expect(await connects('mtls', { ...ssl(ca), 'kafka.ssl.keystore.location': client.both })).toBe(
      'connected',
    );
    const two = { ...ssl(ca), 'kafka.ssl.certificate.location': client.cert };
    expect(await connects('mtls', { ...two, 'kafka.ssl.key.location': client.key })).toBe('connected');
    const withKey = { ...two, 'kafka.ssl.key.location': locked };
    expect(await connects('mtls', { ...withKey, 'kafka.ssl.key.password': 'key-pw' })).toBe('connected');
    expect(await connects('mtls', { ...withKey, 'kafka.ssl.key.password': 'wrong' })).toBe('KAFKA_TLS');
    expect(await connects('mtls', ssl(ca))).toBe('KAFKA_TLS');
  });

  it('refuses a store of Java, and takes it converted as documented', async () => {
    const store = join(dir, 'client.p12');
    const [cert, key] = [client.cert, client.key];
    await runCommand('openssl', [
      'pkcs12',
      '-export',
      '-in',
      cert,
      '-inkey',
      key,
      '-passout',
      'pass:store',
      '-out',
      store,
    ]);
    await expect(connects('mtls', { ...ssl(ca), 'kafka.ssl.keystore.location': store })).rejects.toThrow(
      /openssl pkcs12 -in STORE\.p12 -nodes -out STORE\.pem/,
    );
    const command = documentedLines('### Stores of Java').find((line) => line.includes('-out client.pem'));
    await runCommand('sh', ['-c', `cd ${dir} && ${command?.replace(/#.*/, '')} -passin pass:store`]);
    const converted = { 'kafka.ssl.keystore.location': join(dir, 'client.pem') };
    expect(await connects('mtls', { ...ssl(ca), ...converted })).toBe('connected');
  });
});

describe('a login to Kafka', () => {
  const protocols = [
    ['sasl', 'SASL_PLAINTEXT'],
    ['sasltls', 'SASL_SSL'],
  ] as const;
  it.each(Object.keys(module) as Mechanism[])('%s, with and without TLS', async (mechanism) => {
    for (const [listener, protocol] of protocols) {
      let failures = 0;
      expect(await connects(listener, sasl(protocol, mechanism), () => failures++)).toBe('connected');
      expect(failures).toBe(0);
      const wrong = sasl(protocol, mechanism, 'wrong');
      expect(await connects(listener, wrong, () => failures++)).toBe('KAFKA_AUTHENTICATION');
      expect(failures).toBe(1);
    }
  });

  it('of none, to a listener that asks for one, is told', async () => {
    expect(await connects('sasl', { 'kafka.security.protocol': 'PLAINTEXT' })).toMatch(
      /^KAFKA_(UNREACHABLE|TIMEOUT)$/,
    );
  });
});

/** The documented ACLs of a cluster and account of one name. */
async function permit(
  heading: string,
  name: string,
  isLeft: (acl: AclEntry) => boolean = () => true,
): Promise<void> {
  const admin = broker.admin();
  await admin.connect();
  await admin.createAcls({ acl: documentedAcls(heading, name, name).filter(isLeft) });
  await admin.disconnect();
}

/** The product with an account and a cluster of one name, its rows in `NAME.orders`. */
function start(name: string, changed: Options = {}): ProductRun {
  const { host, port, replicator } = mysql;
  const run = new ProductRun([
    'run',
    ...toArguments({
      host: `${host}:${port}`,
      user: replicator.user,
      password: replicator.password,
      client_id: name,
      filter: `exclude: *.*, include: ${database}.*`,
      kafka_topic: `${name}.%{table}`,
      'kafka.bootstrap.servers': broker.address('sasl'),
      'kafka.security.protocol': 'SASL_PLAINTEXT',
      ...(changed['kafka.sasl.jaas.config_file'] === undefined
        ? { 'kafka.sasl.jaas.config': jaas('PLAIN', name, passwordOf(name)) }
        : {}),
      'kafka.sasl.mechanism': 'PLAIN',
      http_port: '0',
      http_bind_address: '127.0.0.1',
      ...changed,
    }),
  ]);
  runs.push(run);
  return run;
}

const insert = (value: string): Promise<unknown> =>
  runStatements(mysql, [`INSERT INTO ${database}.orders (v) VALUES ('${value}')`]);

async function arrives(topic: string, value: string): Promise<void> {
  const tail = await TopicTail.open([broker.address('plain')], [topic]);
  const isThere = (): boolean =>
    tail.records.some((record) => record.value?.includes(`"v":"${value}"`) ?? false);
  await waitUntil(isThere, { timeoutMs: 60_000, what: `${value} in ${topic}` }).finally(() => tail.close());
}

const makes = '### Kafka ACLs';
const given = '### Kafka ACLs without the right to create';

describe('the documented ACLs', () => {
  it('are enough to make the topics and to write them, over TLS with SCRAM-SHA-512; a rotated login is taken', async () => {
    await permit(makes, 'made');
    const file = join(dir, 'jaas');
    writeFileSync(file, jaas('SCRAM-SHA-512', 'made', passwordOf('made')));
    const run = start('made', {
      'kafka.bootstrap.servers': broker.address('sasltls'),
      'kafka.security.protocol': 'SASL_SSL',
      'kafka.ssl.truststore.location': ca.cert,
      'kafka.sasl.mechanism': 'SCRAM-SHA-512',
      'kafka.sasl.jaas.config_file': file,
      http_diagnostic: 'true',
    });
    await run.logged(/^reading the binlog/, 60_000);
    await insert('one');
    await run.until(() => run.log.length > 0, 'the log');
    await waitUntil(() => topicExists('made.orders'), { timeoutMs: 60_000, what: 'made.orders' });
    await arrives('made.orders', 'one');
    // The page of checks logs in anew.
    const change = ['--entity-type', 'users', '--entity-name', 'made', '--alter', '--add-config'];
    await broker.tool('kafka.admin.ConfigCommand', [...change, 'SCRAM-SHA-512=[password=pw-of-made-2]']);
    const refused = await run.page('/diagnostic');
    expect(refused).toMatchObject({
      status: 503,
      body: expect.stringMatching(/authentication refused by the broker/) as string,
    });
    const rate = /^kafka_producer_failed_authentication_rate\S* (\S+)$/m;
    await run.until(async () => Number(rate.exec((await run.page('/metrics')).body)?.[1]) > 0, 'the metric');
    writeFileSync(file, jaas('SCRAM-SHA-512', 'made', 'pw-of-made-2'));
    expect((await run.page('/diagnostic')).status).toBe(200);
    await insert('two');
    await arrives('made.orders', 'two');
  });

  it('are enough without the right to create, on topics that were made beforehand', async () => {
    const admin = broker.admin();
    await admin.connect();
    const topics = documentedLines(given).flatMap((line) => {
      const [, topic = '', partitions] = /--topic (\S+) --partitions (\d+)/.exec(line) ?? [];
      const [, name = '', value = ''] = /--config (\S+)=(\S+)/.exec(line) ?? [];
      if (!line.startsWith('kafka-topics.sh')) return [];
      const configEntries = name === '' ? [] : [{ name, value }];
      return [
        {
          topic: topic.replaceAll('shop', 'given'),
          numPartitions: Number(partitions),
          replicationFactor: 1,
          configEntries,
        },
      ];
    });
    expect(topics).toHaveLength(2);
    await createTopics(admin, topics);
    await admin.disconnect();
    await permit(given, 'given');
    const run = start('given', { kafka_topic_create: 'false' });
    await run.logged(/^reading the binlog/, 60_000);
    await insert('three');
    await arrives('given.orders', 'three');
    await run.stop();
  });

  it('are each needed, and named where one is missing', async () => {
    const all = documentedAcls(makes, 'x', 'x');
    const cases = [
      [
        'lacks0',
        'TransactionalId',
        /heaviside\.lacks0/,
        'Describe and Write on TransactionalId heaviside.lacks0',
      ],
      ['lacks1', 'Create', /positions/, 'Create on Topic heaviside.lacks1.positions'],
      ['lacks2', 'Read', /positions/, 'Read on Topic heaviside.lacks2.positions'],
      ['lacks3', 'Write', /positions/, 'Write on Topic heaviside.lacks3.positions'],
      ['lacks4', 'Create', /^lacks4\./, 'Create on Topic lacks4.orders'],
      ['lacks5', 'Write', /^lacks5\./, 'on Topic lacks5.orders'],
    ] as const;
    expect(all).toHaveLength(8);
    const codes = { Create: 5, Read: 3, Write: 4, TransactionalId: null } as const;
    for (const [name, operation, resource] of cases)
      await permit(makes, name, (acl) => {
        const isSame =
          codes[operation] === null ? acl.resourceType === 5 : acl.operation === codes[operation];
        return !(isSame && resource.test(acl.resourceName));
      });
    const started = cases.map(([name, , , missing]) => ({ run: start(name), missing }));
    const [, , , , ...late] = started;
    for (const { run } of late) await run.logged(/^reading the binlog/, 90_000);
    await insert('four');
    for (const { run, missing } of started) {
      const isTold = (): boolean =>
        run.stderr.includes('KAFKA_ACCESS_DENIED') && run.stderr.includes(`${missing} `);
      await waitUntil(isTold, { timeoutMs: 60_000, what: missing }).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${run.stderr.slice(-1500)}`);
      });
    }
    // Given afterwards, it is enough: a process that has led looks again.
    for (const { run } of started) await run.stop();
  });
});

async function topicExists(topic: string): Promise<boolean> {
  const admin = broker.admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics.includes(topic);
}

describe('a wrong login', () => {
  it('ends the first start by name, with exit 6, and shows no password', async () => {
    const run = start('made', { 'kafka.sasl.jaas.config': jaas('PLAIN', 'made', 'pw-that-is-wrong') });
    expect(await run.end(60_000)).toMatchObject({ code: 6 });
    expect(run.stderr).toMatch(/^KAFKA_AUTHENTICATION: /m);
    expect(run.stderr).not.toContain('pw-that-is-wrong');
  });
});
