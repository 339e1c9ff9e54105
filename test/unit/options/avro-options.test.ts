import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { configuredRecords } from '../../support/configured-stream.ts';
import { column, image, rowsEvent, table, transaction } from '../../support/row-image-bytes.ts';

interface Asked {
  readonly path: string;
  readonly account: string;
  readonly schema: string;
}

/** What a registry was asked that takes everything. */
let asked: Asked[] = [];
let server: Server;
let base = '';

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const [, account = ''] = request.headers.authorization?.split(' ') ?? [];
      const { schema } = JSON.parse(body) as { schema: string };
      asked.push({ path: request.url ?? '', account: Buffer.from(account, 'base64').toString(), schema });
      response.setHeader('connection', 'close').end('{"id":7}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  base = `output_format=avro\navro_schema_registry_url=http://127.0.0.1:${port}\n`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const days = table([column('day', 10)], { database: 'shop', table: 'days', primaryKey: [] });
const source = transaction([
  [rowsEvent('insert', { table: days, rows: image(Buffer.from('5dd00f', 'hex')) })],
]);

it('[output_format, avro_schema_registry_url] Avro in the wire format, with the id that the registry has given', async () => {
  const [record] = await configuredRecords(base, source);
  expect(record?.value.slice(0, 5)).toBe('\0\0\0\0\x07');
  expect(asked).toMatchObject([{ path: '/subjects/maxwell-shop.days/versions', account: '' }]);
});

it('[avro_schema_registry_username, avro_schema_registry_password] the account', async () => {
  const account = 'avro_schema_registry_username=ann\navro_schema_registry_password=secret';
  await configuredRecords(`${base}${account}`, source);
  expect(asked.map((each) => each.account)).toEqual(['ann:secret']);
});

it('[avro_subject_strategy] the subject by the record alone', async () => {
  await configuredRecords(`${base}avro_subject_strategy=record_name`, source);
  expect(asked.map(({ path }) => path)).toEqual(['/subjects/shop.days/versions']);
});

it('[avro_temporal_types] a date as a logical type', async () => {
  await configuredRecords(`${base}avro_temporal_types=logical`, source);
  expect(asked[0]?.schema).toContain('{"type":"int","logicalType":"date"}');
});
