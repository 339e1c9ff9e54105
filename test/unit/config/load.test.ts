import { describe, expect, it } from 'vitest';

import { configFingerprint } from '../../../src/config/config.ts';
import { configDigest } from '../../../src/config/config-digest.ts';
import { environmentName, optionNames, sections } from '../../../src/config/options.ts';
import { loadConfigText } from '../../support/load-config-text.ts';

const kafka = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';

describe('precedence', () => {
  const lingerOf = (text: Parameters<typeof loadConfigText>[0]) => loadConfigText(text).config.kafka.lingerMs;
  const file = `${kafka}kafka.linger.ms=1\nenv_config=JSON\nenv_config_prefix=mw_\n`;

  it('[env_config, env_config_prefix] takes the default, then each place over the one below', () => {
    const JSON = '{"kafka.linger.ms": 2, "host": null}';
    const MW = { 'MW_KAFKA.LINGER.MS': '3' };
    const own = { HEAVISIDE_KAFKA__LINGER__MS: '4' };
    expect(lingerOf({ file: kafka })).toBe(0);
    expect(lingerOf({ file, env: { JSON: '{}' } })).toBe(1);
    expect(lingerOf({ file, env: { JSON } })).toBe(2);
    expect(lingerOf({ file, env: { JSON, ...MW } })).toBe(3);
    expect(lingerOf({ file, env: { JSON, ...MW, ...own } })).toBe(4);
    expect(lingerOf({ file, env: { JSON, ...MW, ...own }, argv: ['--kafka.linger.ms=5'] })).toBe(5);
  });

  it('[config] reads --config, then HEAVISIDE_CONFIG, then ./config.properties', () => {
    const files = { 'a.properties': `${kafka}port=1`, 'b.properties': `${kafka}port=2` };
    const portOf = (text: Parameters<typeof loadConfigText>[0]) =>
      loadConfigText(text).config.source.hosts[0]?.port;
    expect(
      portOf({
        files,
        file: `${kafka}port=3`,
        env: { HEAVISIDE_CONFIG: 'b.properties' },
        argv: ['--config', 'a.properties'],
      }),
    ).toBe(1);
    expect(portOf({ files, file: `${kafka}port=3`, env: { HEAVISIDE_CONFIG: 'b.properties' } })).toBe(2);
    expect(portOf({ files, file: `${kafka}port=3` })).toBe(3);
    expect(portOf({ argv: ['--user', 'u'] })).toBe(3306);
  });

  it('does not start without the file that --config names', () => {
    expect(() => loadConfigText({ argv: ['--config', 'x.properties'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_FILE_UNREADABLE',
        message: expect.stringContaining('x.properties'),
      }),
    );
  });

  it('gives the default back for an empty value', () => {
    expect(lingerOf({ file: `${kafka}kafka.linger.ms=7`, env: { HEAVISIDE_KAFKA__LINGER__MS: '' } })).toBe(0);
  });

  it('knows GTID_MODE as a default and MAXWELL_MEMORY as the heap limit', () => {
    const env = { GTID_MODE: '', MAXWELL_MEMORY: '2g' };
    expect(loadConfigText({ file: kafka }).config.source.gtidMode).toBeNull();
    expect(loadConfigText({ file: kafka, env }).config.source.gtidMode).toBe(true);
    expect(loadConfigText({ file: `${kafka}gtid_mode=false`, env }).config.source.gtidMode).toBe(false);
    expect(loadConfigText({ file: kafka, env }).config.process.heapLimitBytes).toBe(2 * 1024 ** 3);
    expect(
      loadConfigText({ file: `${kafka}export MAXWELL_MEMORY=1g`, env }).config.process.heapLimitBytes,
    ).toBe(2 * 1024 ** 3);
  });
});

describe('values', () => {
  it('drops a trailing comment from numbers, choices and booleans, and keeps it in texts with a warning', () => {
    const file = `${kafka}kafka.batch.size=64k # c\nkafka.compression.type=ZSTD   # c\noutput_thread_id=true\t# c\nkafka.client.id=a # b\n`;
    const { config, warnings } = loadConfigText({ file });
    expect(config.kafka).toMatchObject({ batchBytes: 65536, compression: 'zstd', clientId: 'a # b' });
    expect(config.output.hasThreadId).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('config.properties:6: kafka.client.id')]);
  });

  it('reads flags bare, hosts with ports, times and sizes with units', () => {
    const argv = [
      '--output_nulls=false',
      '--output_thread_id',
      '--http_config',
      'false',
      '--lease_ttl_ms',
      '6s',
    ];
    const { config } = loadConfigText({ file: `${kafka}host=a, b:3307,[::1]:5\nport=3310`, argv });
    expect(config.output).toMatchObject({ hasNulls: false, hasThreadId: true });
    expect(config.http.hasConfig).toBe(false);
    expect(config.ha.leaseTtlMs).toBe(6000);
    expect(config.source.hosts).toEqual([
      { host: 'a', port: 3310 },
      { host: 'b', port: 3307 },
      { host: '::1', port: 5 },
    ]);
  });

  it('keeps commas inside a regular expression of exclude_columns', () => {
    const { config } = loadConfigText({ file: `${kafka}exclude_columns=a, /b{1,2}\\\\/c/ ,d` });
    expect(config.output.excludedColumns).toEqual(['a', '/b{1,2}\\/c/', 'd']);
  });

  it.each([
    ['binlog.000007:1234', { kind: 'coordinates', file: 'binlog.000007', offset: 1234 }],
    ['binlog.000007:1234:99', { kind: 'coordinates', file: 'binlog.000007', offset: 1234 }],
    ['0-1-815,1-1-3', { kind: 'gtids', flavor: 'mariadb', text: '0-1-815,1-1-3' }],
    [
      '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7',
      { kind: 'gtids', flavor: 'mysql', text: '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7' },
    ],
  ])('reads init_position %s', (text, position) => {
    expect(loadConfigText({ file: kafka, argv: ['--init_position', text] }).config.position.init).toEqual(
      position,
    );
  });

  it('takes replication_host for the source, with its own account', () => {
    const file = `${kafka}host=state\nreplication_host=r1,r2\nreplication_user=repl\nport=4000`;
    const { config, warnings } = loadConfigText({ file });
    expect(config.source.hosts).toEqual([
      { host: 'r1', port: 3306 },
      { host: 'r2', port: 3306 },
    ]);
    expect(config.source.user).toBe('repl');
    expect(warnings.join()).toContain('host is not used');
  });

  it('stops a leader at its deadline where nothing fences its writes', () => {
    const outageOf = (options: string): string =>
      loadConfigText({ file: `${kafka}${options}` }).config.ha.redisOutage;
    expect(outageOf('')).toBe('keep_leading');
    expect(outageOf('redis_outage=stop')).toBe('stop');
    expect(outageOf('delivery=at_least_once')).toBe('stop');
  });

  it('derives the names of a cluster from client_id, the same on every replica', () => {
    const { config } = loadConfigText({ file: `${kafka}client_id=shop` });
    expect(config.kafka.transaction.id).toBe('heaviside.shop');
    expect(config.position.topic).toBe('heaviside.shop.positions');
    expect(config.source.replicaServerId).toBe(
      loadConfigText({ file: `${kafka}client_id=shop` }).config.source.replicaServerId,
    );
    expect(config.source.replicaServerId).not.toBe(
      loadConfigText({ file: kafka }).config.source.replicaServerId,
    );
  });

  it('reads a SASL login from jaas.config', () => {
    const jaas =
      'org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="p\\\\"q";';
    const file = `${kafka}kafka.security.protocol=SASL_SSL\nkafka.sasl.jaas.config=${jaas}`;
    const { login, tls } = loadConfigText({ file }).config.kafka;
    expect(login).toMatchObject({ mechanism: 'SCRAM-SHA-256', username: 'u' });
    expect(login?.password.reveal()).toBe('p"q');
    expect(tls?.verifiesHostname).toBe(true);
    const lax = loadConfigText({ file: `${file}\nkafka.ssl.endpoint.identification.algorithm=` });
    expect(lax.config.kafka.tls?.verifiesHostname).toBe(false);
  });

  it('doubles the waits with Kafka’s own key for the longest, and keeps them alike without one', () => {
    const backoffOf = (more: string) => loadConfigText({ file: kafka + more }).config.kafka.retryBackoff;
    expect(backoffOf('kafka.retry.backoff.ms=40s')).toEqual({
      initialMs: 40_000,
      multiplier: 1,
      maxMs: 40_000,
    });
    expect(backoffOf('kafka.retry.backoff.max.ms=900')).toEqual({
      initialMs: 100,
      multiplier: 2,
      maxMs: 900,
    });
  });
});

describe('the configuration', () => {
  it('is frozen to its depth', () => {
    const { config } = loadConfigText({ file: kafka });
    expect(Object.isFrozen(config.kafka.retryBackoff)).toBe(true);
    expect(Object.isFrozen(config.source.hosts[0])).toBe(true);
  });

  it('has a fingerprint of what shapes the stream, however it is written', () => {
    const of = (more: string) => configFingerprint(loadConfigText({ file: kafka + more }).config);
    expect(of('')).toMatch(/^[0-9a-f]{64}$/u);
    expect(of('kafka.linger.ms=9\npassword=x\nlog_level=debug')).toBe(of(''));
    expect(of('database=shop')).toBe(of('filter=exclude: *.*, include: shop.*'));
    const shaping = [
      'kafka_topic=a',
      'producer_partition_by=table',
      'output_xoffset=false',
      'filter=exclude: a.*',
    ];
    expect(new Set([of(''), ...shaping.map(of)]).size).toBe(shaping.length + 1);
  });

  it('has a digest of all that the replicas of a cluster share, in which no secret counts', () => {
    const of = (more: string) => configDigest(loadConfigText({ file: kafka + more }).config);
    const own = (port: number) =>
      of(`replica_name=${port}\nhttp_port=${port}\njmx_port=1${port}\nspill_directory=/${port}\n`);
    expect(own(8098)).toBe(own(8099));
    expect(of('password=x')).toBe(of('password=y'));
    expect(of('log_level=debug')).not.toBe(of(''));
  });
});

describe('the table', () => {
  it('has every option in exactly one section, and one variable for each', () => {
    expect(sections.flatMap(({ options }) => options).toSorted()).toEqual(optionNames.toSorted());
    expect(new Set(optionNames.map(environmentName)).size).toBe(optionNames.length);
  });
});
