import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { renderHelp, renderOptionsMarkdown } from '../../../src/config/help.ts';
import { optionNames, sections } from '../../../src/config/options.ts';

describe('--help', () => {
  it('names every option, within 100 columns', () => {
    const help = renderHelp();
    for (const name of optionNames) expect(help).toContain(`\n  --${name} `);
    expect(
      Math.max(
        ...help
          .split('\n')
          .filter((line) => !line.startsWith('  --'))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(100);
  });

  it('stands as it stood', () => {
    expect(renderHelp()).toMatchSnapshot();
  });

  it('tells default, range and variable of a section’s options', () => {
    expect(renderHelp('position')).toContain('HEAVISIDE_POSITION_HEARTBEAT_MS');
    expect(renderHelp('position')).toContain('Default: 10000 ms; range: 100 to 3600000 ms');
    for (const { name, title } of sections) expect(renderHelp(name)).toMatch(new RegExp(`^${title}\n`, 'u'));
  });

  it('refuses a section that is none', () => {
    expect(() => renderHelp('kinesis')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('docs/options.md', () => {
  it('is in step with the table', () => {
    expect(readFileSync(new URL('../../../docs/options.md', import.meta.url), 'utf8')).toBe(
      renderOptionsMarkdown(),
    );
  });

  it('has as many columns in every row of a table as in its head', () => {
    const columnsOf = (line: string) => line.replaceAll('\\|', '').split('|').length;
    const tables = renderOptionsMarkdown()
      .split(/\n\n/u)
      .filter((block) => block.startsWith('|'));
    expect(tables).toHaveLength(sections.length + 2);
    for (const table of tables) {
      const lines = table.trimEnd().split('\n');
      expect(new Set(lines.map(columnsOf)).size, lines[2]).toBe(1);
    }
  });
});
