import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';

import { describeConfig } from '../../../src/config/config.ts';
import { loadConfigText, refusalOf } from '../../support/load-config-text.ts';

const kafka = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';

describe('secrets', () => {
  it('come from a file by password_file and HEAVISIDE_PASSWORD_FILE, without its last line break', () => {
    const files = { '/run/secrets/p': 'top secret \n' };
    const fromFile = loadConfigText({ file: `${kafka}password_file=/run/secrets/p`, files });
    const fromEnv = loadConfigText({
      file: `${kafka}password=x`,
      files,
      env: { HEAVISIDE_PASSWORD_FILE: '/run/secrets/p' },
    });
    expect(fromFile.config.source.password?.reveal()).toBe('top secret ');
    expect(fromEnv.config.source.password?.reveal()).toBe('top secret ');
  });

  it('follow their file: what stands there counts, and what stood there last while it is away or empty', () => {
    const files: Record<string, string> = {
      '/p': 'first\n',
      '/j': 'PlainLoginModule required username="ann" password="one";',
      '/k': '0123456789abcdef',
    };
    const { config } = loadConfigText({
      file:
        `${kafka}password_file=/p\nredis.nodes=redis://r\nredis.password_file=/p\nencrypt=data\nsecret_key_file=/k\n` +
        'kafka.security.protocol=SASL_SSL\nkafka.sasl.jaas.config_file=/j',
      files,
    });
    const { login } = config.kafka;
    const now = (): unknown => [
      config.source.password?.reveal(),
      config.ha.redis.nodes[0]?.url.reveal(),
      login?.username,
      login?.password.reveal(),
    ];
    expect(now()).toEqual(['first', 'redis://:first@r', 'ann', 'one']);
    Object.assign(files, {
      '/p': 'second\n',
      '/j': 'PlainLoginModule required username="bob" password="two";',
      '/k': 'fedcba9876543210',
    });
    expect(now()).toEqual(['second', 'redis://:second@r', 'bob', 'two']);
    files['/p'] = '';
    files['/j'] = 'PlainLoginModule requ';
    expect(now()).toEqual(['second', 'redis://:second@r', 'bob', 'two']);
    delete files['/p'];
    delete files['/j'];
    expect(now()).toEqual(['second', 'redis://:second@r', 'bob', 'two']);
    // Records under two keys would be for nobody to read.
    expect(config.output.encryption?.key.reveal()).toBe('0123456789abcdef');
  });

  it('are refused twice in one place, and with a file that is missing', () => {
    expect(refusalOf({ file: `${kafka}password=x\npassword_file=y` })).toContain('give one of the two');
    expect(refusalOf({ file: `${kafka}kafka.sasl.password_file=/nowhere` })).toContain(
      '/nowhere cannot be read (ENOENT)',
    );
  });

  it('show in no serialisation, description or refusal', () => {
    const file =
      `${kafka}password=hunter2\nredis.nodes=redis://u:hunter2@r:6379/1\nkafka.security.protocol=SASL_SSL\n` +
      'kafka.sasl.jaas.config=PlainLoginModule required username="u" password="hunter2";\n' +
      'kafka.ssl.key.password=hunter2\nredis.sentinel_password=hunter2';
    const { config, warnings } = loadConfigText({ file });
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      JSON.stringify(describeConfig(config)),
      ...warnings,
    ];
    expect(config.ha.redis.nodes[0]?.url.reveal()).toContain('hunter2');
    expect(JSON.stringify(config.source)).toContain('"password":"***"');
    expect(shown.join()).not.toContain('hunter2');
    expect(describeConfig(config)).toMatchObject({
      password: '***',
      'redis.nodes': ['redis://r:6379/1'],
      port: 3306,
    });
    const broken = file
      .replace('redis://u', 'http://u')
      .replace('PlainLogin', 'Plan')
      .replace('redis.s', 'redis.z');
    expect(refusalOf({ file: broken, argv: ['hunter2'] })).not.toContain('hunter2');
  });

  it('of three Redis nodes with a database each are kept apart', () => {
    const { nodes } = loadConfigText({
      file: `${kafka}redis.nodes=redis://a:1/0, redis://b:1/0,redis+sentinel://c:1/main/0`,
    }).config.ha.redis;
    expect(nodes.map(({ label }) => label)).toEqual([
      'redis://a:1/0',
      'redis://b:1/0',
      'redis+sentinel://c:1/main/0',
    ]);
  });

  it('go into the Redis URLs that have none', () => {
    const file = `${kafka}redis.nodes=redis://a:1,redis://x:y@b:2,redis+sentinel://c:3;d:4/main/2\nredis.password=p/q`;
    const { nodes } = loadConfigText({ file }).config.ha.redis;
    expect(nodes.map(({ url }) => url.reveal())).toEqual([
      'redis://:p%2Fq@a:1',
      'redis://x:y@b:2',
      'redis+sentinel://:p%2Fq@c:3;d:4/main/2',
    ]);
  });
});
