import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readChaosOptions, UsageError } from '../../chaos/chaos-options.ts';
import { ResultsFile, type RunHead, type StoredRound } from '../../chaos/results-file.ts';
import { RoundNotes } from '../../chaos/round-notes.ts';
import { summary, totals } from '../../chaos/summary.ts';

const head: RunHead = {
  run: '1',
  scenarios: ['1'],
  servers: ['mysql'],
  seed: 5,
  minutes: null,
  rounds: 2,
  patience: 1,
  isSlice: false,
  faultEverySeconds: 120,
  killShare: 0,
};

function round(changed: Partial<StoredRound>): StoredRound {
  return {
    run: '1',
    scenario: '1',
    server: 'mysql',
    seed: 5,
    verdict: 'held',
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 60,
    patience: 1,
    error: null,
    counts: {},
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    transactions: 10,
    rows: 100,
    kills: 0,
    failovers: 0,
    soakMinutes: 0,
    recoverySeconds: [],
    unmet: [],
    bites: {},
    figures: {},
    folder: null,
    ...changed,
  };
}

function resultsFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-chaos-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'deeper', 'results.jsonl');
}

describe('the command line of the fault suite', () => {
  it('takes a number for all scenarios of that number, and one with its letter for itself', () => {
    expect(readChaosOptions(['--scenario', '1,4,9']).head.scenarios).toEqual(['1', '4a', '4b', '9']);
    expect(readChaosOptions(['--scenario', '4b']).head.scenarios).toEqual(['4b']);
  });

  it('has a slice of its own for both servers, which is not part of the long run', () => {
    const { scenarios, servers, isSlice } = readChaosOptions(['--slice']).head;
    expect([scenarios, servers, isSlice]).toEqual([['slice'], ['mysql', 'mariadb'], true]);
    expect(readChaosOptions([]).head.scenarios).not.toContain('slice');
    expect(readChaosOptions(['--slice', '--scenario', '7']).head.scenarios).toEqual(['7']);
  });

  it.each([
    ['--scenario', '99'],
    ['--server', 'oracle'],
    ['--rounds', 'many'],
    ['--unknown', 'x'],
  ])('refuses %s %s', (...argv) => {
    expect(() => readChaosOptions(argv)).toThrow(UsageError);
  });
});

describe('the results of the fault suite', () => {
  it('accumulate over sittings, run by run', () => {
    const path = resultsFile();
    new ResultsFile(path).addHead(head);
    new ResultsFile(path).addRound(round({ kills: 4 }));
    const later = new ResultsFile(path);
    later.addRound(round({ seed: 6, verdict: 'failed', lost: 2, kills: 3 }));
    later.addHead({ ...head, run: '2' });
    later.addRound(round({ run: '2', verdict: 'void', soakMinutes: 1.26 }));
    expect(later.lastHead()?.run).toBe('2');
    expect(later.rounds('1').map(({ seed }) => seed)).toEqual([5, 6]);
    expect(totals(later.rounds())).toEqual({
      held: 1,
      failed: 1,
      void: 1,
      lost: 2,
      duplicated: 0,
      outOfOrder: 0,
      kills: 7,
      soakMinutes: 1.3,
    });
    expect(summary(later.rounds())).toContain('1 held, 1 failed, 1 void, 7 kills');
  });

  it('are empty before the first', () => {
    const results = new ResultsFile(resultsFile());
    expect([results.lastHead(), results.rounds()]).toEqual([null, []]);
  });
});

describe('a round', () => {
  it('without evidence, or with one piece missing, is void', () => {
    const notes = new RoundNotes();
    expect(notes.isVoid).toBe(true);
    notes.bite('the epoch rose', true);
    expect(notes.isVoid).toBe(false);
    notes.bite('the epoch rose', false);
    notes.bite('the epoch rose', true);
    expect(notes.isVoid).toBe(true);
  });

  it('may need a piece of evidence only once', () => {
    const notes = new RoundNotes();
    notes.biteOnce('an error of Kafka', false);
    expect(notes.isVoid).toBe(true);
    notes.biteOnce('an error of Kafka', true);
    notes.biteOnce('an error of Kafka', false);
    expect(notes.isVoid).toBe(false);
  });
});
