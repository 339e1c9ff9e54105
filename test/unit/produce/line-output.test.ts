import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LineOutput } from '../../../src/produce/line-output.ts';
import type { OutputBatch } from '../../../src/produce/output.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'line-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(batch: OutputBatch, value: string): void {
  const sink = batch.beginRecord('topic', 0);
  sink.writeAscii('{"key":1}');
  batch.endKey();
  sink.writeUtf8(value);
  batch.endRecord(0);
}

it('writes a line for each value, without what was taken back, and appends', async () => {
  const path = join(folder, 'rows.json');
  for (const round of [1, 2]) {
    const output = await LineOutput.file(path, 100);
    const batch = output.createBatch();
    batch.beginTransaction('0-1-1');
    write(batch, `{"round":${round},"text":"ü"}`);
    batch.beginTransaction('0-1-2');
    write(batch, '{"taken":"back"}');
    batch.rollbackTransaction();
    expect(batch.recordCount).toBe(1);
    expect(await output.commit(batch, samplePositionRecord(1, 1))).toEqual({ positionsOffset: null });
    await output.commit(output.createBatch(), samplePositionRecord(1, 2));
    await output.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('{"round":1,"text":"ü"}\n{"round":2,"text":"ü"}\n');
});

it('is full by bytes', async () => {
  const output = await LineOutput.file(join(folder, 'rows.json'), 20);
  const batch = output.createBatch();
  batch.beginTransaction('0-1-1');
  write(batch, '{"a":1}');
  expect(batch.isFull()).toBe(false);
  write(batch, '{"a":"1234567890"}');
  expect(batch.isFull()).toBe(true);
  await output.close();
});

it('refuses a file that cannot be opened', async () => {
  await expect(LineOutput.file(join(folder, 'no', 'rows.json'), 20)).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
  });
});

it('rejects a write that fails', async () => {
  const output = await LineOutput.file('/dev/full', 20);
  const batch = output.createBatch();
  batch.beginTransaction('0-1-1');
  write(batch, '{}');
  await expect(output.commit(batch, samplePositionRecord(1, 1))).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
  });
  await output.close();
});
