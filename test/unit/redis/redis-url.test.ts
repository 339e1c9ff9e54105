import { describe, expect, it } from 'vitest';
import { redisKeys } from '../../../src/redis/redis-keys.ts';
import { parseRedisUrl } from '../../../src/redis/redis-url.ts';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://h', { name: 'h:6379', tls: false, credentials: null, db: 0, masterName: null }],
    [
      'rediss://:p%40ss@h:1/3',
      { name: 'h:1', tls: true, credentials: { username: null, password: 'p@ss' }, db: 3 },
    ],
    ['redis://u:a@b@h', { name: 'h:6379', credentials: { username: 'u', password: 'a@b' } }],
    ['redis://[::1]:7000', { name: '[::1]:7000', hosts: [{ host: '::1', port: 7000 }] }],
    [
      'redis+sentinel://u:p@a:1,b/main/2?sentinel_password=s',
      {
        name: 'main@a:1,b:26379',
        masterName: 'main',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26379 },
        ],
        credentials: { username: 'u', password: 'p' },
        sentinelCredentials: { username: null, password: 's' },
        db: 2,
      },
    ],
  ])('reads %s', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  it.each([
    'h:6379',
    'http://:secret@h',
    'redis://:secret@h:0',
    'redis://:secret@h:99999',
    'redis://:secret@a,b',
    'redis://:secret@h/x',
    'redis://:secret%zz@h',
    'redis://secret@h',
    'redis://:secret@h?x=secret',
    'redis+sentinel://:secret@a:1',
    'redis+sentinel://:secret@a:1/m/0/secret',
    'redis+sentinel://a:1/m?sentinel_user=secret',
    'redis://secret:6379:1',
  ])('refuses %s without showing the password', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => parseRedisUrl(url)).toThrow(/^((?!secret).)*$/);
  });
});

describe('redisKeys', () => {
  it('puts all keys of a cluster into one hash slot', () => {
    const keys = redisKeys('maxwell');
    expect(keys.lease).toBe('heaviside:{maxwell}:lease');
    for (const key of Object.values(keys) as string[]) expect(key).toMatch(/^heaviside:\{maxwell\}:[a-z]+$/);
  });

  it.each(['', 'a b', 'a}b', 'a:b', 'ä'])('refuses the client id "%s"', (clientId) => {
    expect(() => redisKeys(clientId)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
