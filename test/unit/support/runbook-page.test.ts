import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { missingLines, parseRunbook, readRunbook } from '../../support/runbook-page.ts';

const page = [
  '# A page',
  '```sh',
  'first',
  '```',
  '## Two',
  '```sh kubernetes',
  'kubectl',
  '```',
  '```sh',
  'second',
  'third',
  '```',
  '```text',
  'shown',
  '```',
].join('\n');

describe('a page of docs/runbooks', () => {
  it('is read as its commands, each with the output shown under it', () => {
    expect(parseRunbook(page)).toEqual([
      { heading: 'A page', commands: 'first\n', shown: [] },
      { heading: 'Two', commands: 'second\nthird\n', shown: ['shown'] },
    ]);
  });

  it('has no fence that is not closed', () => {
    expect(() => parseRunbook('# A\n```sh\nls')).toThrow('not closed');
  });

  it('shows lines that may differ in numbers and where it says …, in the order of the output', () => {
    const output = 'a leads under epoch 12\nposition  d2b7b2bc-ebbc-11f1-912f-02fc00000001:1-20,x\n';
    const gtids = 'position d2b7b2bc-ebbc-11f1-912f-02fc00000099:1-3…';
    expect(missingLines(['a leads under epoch 2', '…', gtids], output)).toEqual([]);
    expect(missingLines(['b leads under epoch 2'], output)).toEqual(['b leads under epoch 2']);
    expect(missingLines([gtids, 'a leads under epoch 2'], output)).toEqual(['a leads under epoch 2']);
  });

  it.each(readdirSync('docs/runbooks').map((name) => name.replace(/\.md$/, '')))(
    '%s.md holds commands that bash can read',
    (name) => {
      for (const { commands } of readRunbook(name)) {
        const { status, stderr } = spawnSync('bash', ['-n'], { input: commands, encoding: 'utf8' });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      }
    },
  );
});
