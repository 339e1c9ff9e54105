import { describe, expect, it } from 'vitest';
import { takeFlags } from '../../../src/cli/command.ts';
import { renderCommand, renderCommands } from '../../../src/cli/command-help.ts';
import { commands } from '../../../src/cli/commands.ts';
import { isOptionName } from '../../../src/config/options.ts';
import { integer, text } from '../../../src/config/option-type.ts';

const flags = {
  '--json': { type: null, summary: 'a' },
  '--count': { type: integer(1, 9), summary: 'b' },
  '--where': { type: text('SQL'), summary: 'c' },
} as const;

describe('flags', () => {
  it('are taken from among the options, in both ways of writing', () => {
    const taken = takeFlags({ flags }, [
      '--user',
      'x',
      '--where',
      'a = 1',
      '--json',
      '--count=3',
      '--host=h',
    ]);
    expect(taken.options).toEqual(['--user', 'x', '--host=h']);
    expect(taken.flags.has('--json')).toBe(true);
    expect(taken.flags.number('--count')).toBe(3);
    expect(taken.flags.text('--where')).toBe('a = 1');
    expect(taken.flags.text('--nothing')).toBeNull();
  });

  it('keep what follows an equals sign whole', () =>
    expect(takeFlags({ flags }, ['--where=a=1 AND b=2']).flags.text('--where')).toBe('a=1 AND b=2'));

  it('every problem is told at once', () => {
    const take = (): unknown => takeFlags({ flags }, ['--count', '10', '--where', '--json=true']);
    expect(take).toThrow(
      /--count: "10" is not 1 to 9[^]*--where has no value: write --where SQL[^]*--json takes no value/,
    );
  });
});

describe('the table of commands', () => {
  it('no flag is an option of the product', () => {
    for (const command of commands)
      for (const name of Object.keys(command.flags)) expect(isOptionName(name.slice(2)), name).toBe(false);
  });

  it('the help names each, with its flags and exit codes', () => {
    const brief = renderCommands(commands);
    for (const command of commands) {
      for (const { words } of command.usages) expect(brief).toContain(`  ${words}`);
      const whole = renderCommand(command);
      for (const name of Object.keys(command.flags)) expect(whole).toContain(`  ${name}`);
      expect(command.exitCodes.map(({ code }) => code)).toContain(0);
    }
  });
});
