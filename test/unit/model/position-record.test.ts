import { expect, it } from 'vitest';
import { parsePositionRecord, samePlace } from '../../../src/model/position-record.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

const record = samplePositionRecord(4, 7);

it('a position record is read as it was written', () => {
  expect(parsePositionRecord(JSON.stringify(record))).toEqual(record);
});

it.each([
  ['of a later version', { ...record, v: 2 }],
  ['without the cluster’s uuid', { ...record, clusterUuid: undefined }],
  ['without an epoch', { ...record, epoch: undefined }],
  ['without a place', { ...record, gtidSet: null, file: null }],
])('a position record %s is none that a leader may begin from', (_, other) => {
  expect(parsePositionRecord(JSON.stringify(other))).toBeNull();
});

it.each(['', 'nothing', '7', 'null'])('"%s" is no position record', (text) => {
  expect(parsePositionRecord(text)).toBeNull();
});

it('epoch and commit name a place, in one cluster', () => {
  expect(samePlace(record, samplePositionRecord(4, 7, { gtidSet: 'written otherwise' }))).toBe(true);
  expect(samePlace(record, samplePositionRecord(4, 8))).toBe(false);
  expect(samePlace(record, samplePositionRecord(5, 7))).toBe(false);
  expect(samePlace(record, samplePositionRecord(4, 7, { clusterUuid: 'another' }))).toBe(false);
});
