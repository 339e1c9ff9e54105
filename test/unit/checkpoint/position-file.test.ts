import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PositionFile } from '../../../src/checkpoint/position-file.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'position-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each([true, false])('the position file (synced: %s)', (isSynced) => {
  it('gives back what was written last, and leaves no draft', async () => {
    const file = new PositionFile(join(folder, 'position'), isSynced);
    expect(file.load()).toBeNull();
    await file.save(samplePositionRecord(1, 1));
    await file.save(samplePositionRecord(1, 2));
    expect(file.load()).toEqual(samplePositionRecord(1, 2));
    expect(readdirSync(folder)).toEqual(['position']);
  });
});

it('refuses a file that holds something else', () => {
  writeFileSync(join(folder, 'position'), 'binlog.000001:4');
  expect(() => new PositionFile(join(folder, 'position'), true).load()).toThrow(
    expect.objectContaining({ code: 'POSITION_FILE_UNUSABLE' }),
  );
});

it('says where it cannot write', async () => {
  await expect(
    new PositionFile(join(folder, 'no', 'position'), true).save(samplePositionRecord(1, 0)),
  ).rejects.toMatchObject({
    code: 'POSITION_FILE_UNUSABLE',
  });
});
