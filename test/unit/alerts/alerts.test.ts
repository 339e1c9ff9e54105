import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { faults } from '../../../scripts/alerts/faults.ts';
import { divideDurations, readAlertRules } from '../../../scripts/alerts/rules.ts';
import { shellCommands } from '../../../scripts/alerts/runbook-commands.ts';
import { commands } from '../../../src/cli/commands.ts';
import { errorTable } from '../../../src/errors.ts';
import { metricTable } from '../../../src/observability/metrics.ts';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const rulesText = read('helm/heaviside/files/alerts.yaml');
const rules = readAlertRules(rulesText);
const names = rules.map(({ name }) => name);
const metricNames = new Set(metricTable.map(({ name }) => name));

/** The names of metrics in a text that are none of ours. */
function unknownMetrics(text: string): string[] {
  const found = text.match(/\b(?:maxwell_[a-z_]+|kafka_producer_[a-z_]+|heaviside_[a-z_]+)/g) ?? [];
  const base = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');
  return [...new Set(found)].filter((name) => !metricNames.has(name) && !metricNames.has(base(name)));
}

describe('the alert rules', () => {
  it("hold the guide's three by name and threshold", () => {
    const text = rulesText.replaceAll(/\s+/g, ' ');
    expect(text).toContain('alert: MaxwellHighLag expr: maxwell_lag_in_seconds > 300 for: 2m');
    expect(text).toContain(
      'alert: MaxwellHighErrorRate expr: kafka_producer_record_error_rate > 0.01 for: 1m',
    );
    expect(text).toContain('alert: MaxwellProcessDown');
  });

  it('name metrics and error codes that exist, as the dashboard does', () => {
    const expressions = [...rulesText.matchAll(/^ +expr: (.*)$/gm)].map(([, text = '']) => text).join('\n');
    expect(unknownMetrics(expressions)).toEqual([]);
    const codes = [...rulesText.matchAll(/code="(\w+)"/g)].map(([, code = '']) => code);
    expect(codes.filter((code) => !(code in errorTable))).toEqual([]);
    expect(unknownMetrics(read('helm/heaviside/files/dashboard.json'))).toEqual([]);
  });

  it.each(rules)(
    '$name has a severity, a test that fires, one that is silent, and a fault',
    ({ name, severity }) => {
      expect(['warning', 'critical']).toContain(severity);
      const tests = read('test/alerts/alerts.test.yaml').split(/^ {2}- name: /m);
      const outcomes = tests
        .filter((test) => test.includes(`alertname: ${name}\n`))
        .map((test) => test.includes('exp_alerts: []'));
      expect(outcomes).toContain(true);
      expect(outcomes).toContain(false);
      expect(faults.filter(({ alerts }) => alerts.includes(name)).length).toBe(1);
    },
  );

  it('are the ones that the faults are to raise, and no others', () => {
    expect(faults.flatMap(({ alerts }) => alerts).toSorted()).toEqual(names.toSorted());
  });
});

describe('the durations of a rules file', () => {
  it('are read in seconds, and divided in the text, a second at least', () => {
    const text = ['      - alert: A', '        for: 2m', '        labels: {}', '          severity: warning'];
    const rule = `${text.join('\n')}\n          runbook: r.md\n`;
    expect(readAlertRules(rule)).toEqual([
      { name: 'A', forSeconds: 120, severity: 'warning', runbook: 'r.md' },
    ]);
    expect(divideDurations(rule, 12)).toContain('        for: 10s\n');
    expect(divideDurations(rule, 1000)).toContain('        for: 1s\n');
    expect(divideDurations(rule, 1)).toBe(rule);
    expect(() => readAlertRules('  - alert: A\n')).toThrow('A has no severity');
  });
});

describe('the runbooks of the alerts', () => {
  it.each(rules)('$name: $runbook says what to look at, with commands that exist', ({ name, runbook }) => {
    const page = read(runbook);
    expect(page).toContain(`Alert \`${name}\``);
    for (const heading of ['## Look', '## Do', '## Over when']) expect(page).toContain(heading);
    const lines = shellCommands(page);
    expect(shellCommands(page, 'Look').length).toBeGreaterThan(0);
    for (const line of lines) {
      const [, word, rest = ''] = /^heaviside (\S+)(.*)$/.exec(line) ?? [];
      if (word === undefined) {
        expect(line).toMatch(/^curl -fsS http:\/\/\$REPLICA\/(status|metrics|livez|readyz|history)\b/);
        continue;
      }
      const command = commands.find((each) => each.name === word);
      expect(command, line).toBeDefined();
      for (const flag of rest.match(/--[a-z-]+/g) ?? [])
        expect(Object.keys(command?.flags ?? {})).toContain(flag);
    }
    expect(unknownMetrics(lines.join('\n').replaceAll(/\.\*?\w*="/g, ''))).toEqual([]);
    expect(read('docs/runbooks/alerts.md')).toContain(`| \`${name}\` |`);
  });

  it('link to pages that are there', () => {
    const pages = [...new Set(rules.map(({ runbook }) => runbook)), 'docs/runbooks/alerts.md'];
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#]+)\)/g)]
        .map(([, target = '']) => join(page, '..', target))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });
});
