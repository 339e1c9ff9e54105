import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pemReader } from '../../../src/assembly/read-pem.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heaviside-pem-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

describe('a PEM file', () => {
  it('is read anew each time; while it is away or half written, what it held last counts', () => {
    const path = file('a.pem', pem('one'));
    const read = pemReader(path);
    expect(read()).toBe(pem('one'));
    file('a.pem', pem('two'));
    expect(read()).toBe(pem('two'));
    file('a.pem', '');
    expect(read()).toBe(pem('two'));
    rmSync(path);
    expect(read()).toBe(pem('two'));
  });

  it('is nothing where none is named', () => {
    expect(pemReader(null)()).toBeUndefined();
  });

  it.each([
    ['feedfeed00000002', /a\.store is not PEM, but a Java key store .*keytool -importkeystore/],
    ['30820a3e', /a\.store is not PEM, but binary, PKCS#12 most likely: openssl pkcs12/],
    ['00', /a\.store is not PEM$/],
  ])('beginning with %s is refused, with the way to convert it', (start, message) => {
    const path = file('a.store', Buffer.from(start, 'hex'));
    expect(() => pemReader(path)).toThrow(message);
  });

  it('that is missing at first is refused', () => {
    expect(() => pemReader(join(folder, 'none.pem'))).toThrow(/none\.pem cannot be read/);
  });
});
