import { describe, expect, it } from 'vitest';
import { HeavisideError } from '../../../src/errors.ts';
import { describeError, isSecretName, redactFields, redactText } from '../../../src/observability/redact.ts';

describe('redactText', () => {
  it.each([
    ['redis://user:hunter2@host:6379/0', 'redis://***@host:6379/0'],
    ['rediss://:hunter2@host', 'rediss://***@host'],
    ['redis+sentinel://u:hunter2@a:1,b:2/m', 'redis+sentinel://***@a:1,b:2/m'],
    ['redis://:hun@ter2@host', 'redis://***@host'],
    ['jdbc:mysql://h/db?user=u&password=hunter2&x=1', 'jdbc:mysql://h/db?user=u&password=***&x=1'],
    [
      'PlainLoginModule required username="u" password="hunter2";',
      'PlainLoginModule required username="u" password=***;',
    ],
    ['http://host:8080/path', 'http://host:8080/path'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});

describe('isSecretName', () => {
  it.each([
    'password',
    'kafka.sasl.jaas.config',
    'saslPassword',
    'ssl.key.password',
    'client_secret',
    'accessToken',
  ])('hides %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });
  it.each(['host', 'kafka.sasl.mechanism', 'ssl.truststore.location', 'password_file', 'passed'])(
    'shows %s',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe('redactFields', () => {
  it('masks secrets at every level, and keeps the rest', () => {
    const circular: Record<string, unknown> = {
      password: 'hunter2',
      nested: { sasl: { user: 'u' }, url: 'redis://:hunter2@h' },
    };
    circular['self'] = circular;
    const plain = redactFields({
      options: circular,
      list: [{ password: 'hunter2' }],
      count: 3n,
      hasPassword: true,
    });
    expect(JSON.stringify(plain)).not.toContain('hunter2');
    expect(plain).toMatchObject({ count: '3', hasPassword: true, list: [{ password: '***' }] });
  });

  it('never writes bytes', () => {
    expect(redactFields({ row: Buffer.from('secret') })).toEqual({ row: '<6 bytes>' });
  });
});

describe('describeError', () => {
  it('gives code, reaction, hint and the chain of causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED redis://:hunter2@h'), {
      code: 'ECONNREFUSED',
    });
    const described = describeError(new HeavisideError('KAFKA_UNREACHABLE', 'no broker answers', { cause }));
    expect(described).toMatchObject({
      type: 'HeavisideError',
      code: 'KAFKA_UNREACHABLE',
      reaction: 'rebuild',
      message: 'no broker answers',
      cause: { code: 'ECONNREFUSED' },
    });
    expect(described['hint']).toContain('kafka.bootstrap.servers');
    expect(JSON.stringify(described)).not.toContain('hunter2');
  });

  it('ends at a cause that is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(() => JSON.stringify(describeError(error))).not.toThrow();
  });
});
