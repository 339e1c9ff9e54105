import { describe, expect, it } from 'vitest';
import { TableFilter } from '../../../src/transform/table-filter.ts';

function kind(
  filter: string | null,
  database: string,
  table: string,
  columns: readonly string[] = [],
): string {
  return new TableFilter(filter).verdict(database, table, columns).kind;
}

describe('table filter', () => {
  it.each([
    [null, 'd', 't', 'include'],
    ['', 'd', 't', 'include'],
    ['exclude: d.*', 'd', 't', 'exclude'],
    ['exclude: d.*, include: d.t', 'd', 't', 'include'],
    ['include: d.t, exclude: d.*', 'd', 't', 'exclude'],
    ['exclude: *.* include: d.t', 'd', 't', 'include'],
    ['EXCLUDE:*.*,Include:d.t', 'd', 'u', 'exclude'],
    ['blacklist: d.t', 'd', 't', 'exclude'],
    ['exclude: D.t', 'd', 't', 'include'],
    ['exclude: d./^t_/', 'd', 't_1', 'exclude'],
    ['exclude: d./t/', 'd', 'a_t_b', 'exclude'],
    ['exclude: d./(?i)^T$/', 'd', 't', 'exclude'],
    ['exclude: d./a\\/b/', 'd', 'a/b', 'exclude'],
    ['exclude: d.`t.$1`', 'd', 't.$1', 'exclude'],
    ['exclude: d.`t.$1`', 'd', 'tx$1', 'include'],
    ['exclude: d."a\\"b"', 'd', 'a"b', 'exclude'],
    ["exclude: d.'quoted name'", 'd', 'quoted name', 'exclude'],
    ['exclude: my-db.t-1', 'my-db', 't-1', 'exclude'],
    ['exclude: größe.1st', 'größe', '1st', 'exclude'],
    ['exclude: d.t', 'dd', 't', 'include'],
    [null, 'mysql', 'ha_health_check', 'exclude'],
    ['include: mysql.*', 'mysql', 'rds_heartbeat2', 'exclude'],
  ])('%j on %s.%s: %s', (filter, database, table, verdict) => {
    expect(kind(filter, database, table)).toBe(verdict);
  });

  it('looks at the row only where a rule on a column can change the verdict', () => {
    const rule = 'exclude: d.t.state=*, include: d.t.state=paid';
    expect(kind(rule, 'd', 't', ['id'])).toBe('include');
    expect(kind(rule, 'd', 't', ['id', 'state'])).toBe('rows');
    expect(kind(rule, 'd', 'u', ['state'])).toBe('include');
    expect(kind('exclude: *.*, include: d.t.state=paid', 'd', 't', ['state'])).toBe('rows');
    expect(kind('include: d.t.state=paid, exclude: *.*', 'd', 't', ['state'])).toBe('exclude');
  });

  it.each<[string, string | null | undefined, boolean]>([
    ['paid', 'paid', true],
    ['paid', 'unpaid', false],
    ['paid', null, false],
    ['paid', undefined, false],
    ['/^p/', 'paid', true],
    ['"a.c"', 'abc', false],
    ['*', null, true],
    ['null', null, true],
    ['NULL', 'null', true],
    ['null', 'NULL', true],
    ['null', 'Null', false],
    ['42', '42', true],
  ])('value %s against %j: %s', (pattern, value, verdict) => {
    const filter = new TableFilter(`exclude: *.*, include: d.t.state=${pattern}`);
    expect(filter.verdict('d', 't', ['state']).includesRow(() => value)).toBe(verdict);
  });

  it('lets the last matching rule on a row win', () => {
    const filter = new TableFilter('exclude: d.t.a=*, include: d.t.b=1, exclude: d.t.a=x');
    const row = (values: readonly (string | null)[]): boolean =>
      filter.verdict('d', 't', ['a', 'b']).includesRow((column) => values[column]);
    expect(row(['y', '1'])).toBe(true);
    expect(row(['y', '2'])).toBe(false);
    expect(row(['x', '1'])).toBe(false);
  });

  it.each([
    ['exclude d.t', 9, ':'],
    ['drop: d.t', 1, 'include, exclude or blacklist'],
    ['exclude: d', 11, '.'],
    ['exclude: .t', 10, 'a name'],
    ['exclude: d.t.c', 15, '='],
    ['exclude: d.-t', 12, 'a name'],
    ['exclude: d.$t', 12, 'a name'],
    ['exclude: d./a', 12, 'not closed'],
    ['exclude: d.`a', 12, 'not closed'],
    ['exclude: d./(/', 12, 'regular expression'],
    ['exclude: d./\\Qa\\E/', 12, 'regular expression'],
    ['exclude: d.t,, include: d.t', 14, 'include'],
  ])('says where %j is wrong', (filter, position, expected) => {
    const isConfigError = expect.objectContaining({ code: 'CONFIG_INVALID' });
    expect(() => new TableFilter(filter)).toThrow(isConfigError);
    expect(() => new TableFilter(filter)).toThrow(`position ${position}`);
    expect(() => new TableFilter(filter)).toThrow(expected);
  });
});
