import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { configuredRecords } from '../../support/configured-stream.ts';
import { loadConfigText, refusalOf } from '../../support/load-config-text.ts';
import {
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../support/row-image-bytes.ts';

const items = table([column('id', 3), column('item_name', 15, { metadata: 100, collation: 255 })]);
const row = (name: string): Buffer => image(int32(1), prefixed(1, name));
const source = transaction([
  [
    rowsEvent('insert', { table: items, rows: Buffer.concat([row('münchen'), row('münchen')]) }),
    rowsEvent('update', { table: items, rows: Buffer.concat([row('münchen'), row('😁')]) }),
  ],
]);
const secret = '0123456789abcdef';

interface Encrypted {
  readonly iv: string;
  readonly bytes: string;
}

/** As a consumer without any of our code reads it. */
function decrypt({ iv, bytes }: Encrypted, key: string): string {
  const keyHex = Buffer.from(key).toString('hex');
  const args = ['enc', '-d', `-aes-${keyHex.length * 4}-cbc`, '-K', keyHex];
  const { status, stdout, stderr } = spawnSync(
    'openssl',
    [...args, '-iv', Buffer.from(iv, 'base64').toString('hex')],
    { input: Buffer.from(bytes, 'base64') },
  );
  if (status !== 0) throw new Error(`openssl: ${String(stderr)}`);
  return stdout.toString();
}

describe('encrypt', () => {
  it('data: the envelope stays readable, data and old are one encrypted object', async () => {
    const plain = await configuredRecords('output_primary_keys=true', source);
    const records = await configuredRecords(
      `encrypt=data\nsecret_key=${secret}\noutput_primary_keys=true`,
      source,
    );
    expect(records.map(({ key, messageId }) => [key, messageId])).toEqual(
      plain.map(({ key, messageId }) => [key, messageId]),
    );
    for (const [index, { value }] of records.entries()) {
      const [, envelope = '', iv = '', bytes = ''] =
        /^(\{.*),"encrypted":\{"iv":"([^"]+)","bytes":"([^"]+)"\}\}$/u.exec(value) ?? [];
      const content = decrypt({ iv, bytes }, secret);
      expect(`${envelope},${content.slice(1)}`).toBe(plain[index]?.value);
    }
    expect(records[0]?.value).toContain('"primary_key":[1]');
  });

  it.each([16, 24, 32])('[secret_key] all: the whole message, with a key of %i bytes', async (length) => {
    const key = 'ü'.repeat(length / 2);
    const plain = await configuredRecords('', source);
    const records = await configuredRecords(`encrypt=all\nsecret_key=${key}`, source);
    const messages = records.map(({ value }) => JSON.parse(value) as { encrypted: Encrypted });
    expect(messages.map((message) => Object.keys(message))).toEqual([
      ['encrypted'],
      ['encrypted'],
      ['encrypted'],
    ]);
    expect(messages.map(({ encrypted }) => Object.keys(encrypted))[0]).toEqual(['iv', 'bytes']);
    expect(messages.map(({ encrypted }) => decrypt(encrypted, key))).toEqual(plain.map(({ value }) => value));
    expect(new Set(messages.map(({ encrypted }) => encrypted.iv)).size).toBe(3);
  });

  it('never uses an initialisation vector twice, over many blocks of random bytes', async () => {
    const many = transaction([
      [
        rowsEvent('insert', {
          table: items,
          rows: Buffer.concat(Array.from({ length: 1000 }, () => row('a'))),
        }),
      ],
    ]);
    const records = await configuredRecords(`encrypt=all\nsecret_key=${secret}`, many);
    const vectors = records.map(({ value }) => (JSON.parse(value) as { encrypted: Encrypted }).encrypted.iv);
    expect(new Set(vectors).size).toBe(1000);
    expect(Buffer.from(vectors[0] ?? '', 'base64')).toHaveLength(16);
  });
});

describe('the key', () => {
  const kafka = 'user=u\nkafka.bootstrap.servers=b:9092\n';

  it('must be there and have the length of an AES key, and is never shown', () => {
    expect(refusalOf({ file: `${kafka}encrypt=data` })).toContain('encrypt=data needs secret_key');
    const refusal = refusalOf({ file: `${kafka}encrypt=all\nsecret_key=short-key` });
    expect(refusal).toContain('secret_key has 9 bytes: an AES key has 16, 24, 32');
    expect(refusal).not.toContain('short-key');
    const { config } = loadConfigText({ file: `${kafka}encrypt=all\nsecret_key=${secret}` });
    expect(JSON.stringify(config)).not.toContain(secret);
  });

  it('may come from a file, and is told of where nothing is encrypted', () => {
    const files = { '/run/key': `${secret}\n` };
    const { config } = loadConfigText({ file: `${kafka}encrypt=all\nsecret_key_file=/run/key`, files });
    expect(config.output.encryption?.key.reveal()).toBe(secret);
    const { warnings } = loadConfigText({ file: `${kafka}secret_key=${secret}` });
    expect(warnings).toEqual(['secret_key is not used: encrypt=none']);
  });

  it('goes with JSON alone', () => {
    const avro = 'output_format=avro\navro_schema_registry_url=http://r\n';
    expect(refusalOf({ file: `${kafka}${avro}encrypt=data\nsecret_key=${secret}` })).toContain(
      "encrypt=data is a form of Maxwell's JSON, but output_format=avro",
    );
  });
});
