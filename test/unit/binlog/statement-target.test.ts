import { describe, expect, it } from 'vitest';
import { statementTarget } from '../../../src/binlog/statement-target.ts';

describe('the table of a data change that was logged as a statement', () => {
  it.each([
    ['INSERT INTO t VALUES (1)', 'd.t'],
    ['insert ignore into other.t (a) select 1', 'other.t'],
    ['REPLACE INTO `percona`.`checksums` (db) SELECT 1', 'percona.checksums'],
    ['/* app */ UPDATE `o``dd`.t SET a = 1', 'o`dd.t'],
    ['DELETE FROM shop.item WHERE id = 1', 'shop.item'],
    ['DELETE FROM item', 'd.item'],
  ])('is told for %s', (sql, expected) => {
    const target = statementTarget(sql, 'd');
    expect(target && `${target.database}.${target.table}`).toBe(expected);
  });

  it.each([
    'UPDATE a, b SET a.x = b.x',
    'UPDATE a JOIN b ON a.id = b.id SET a.x = 1',
    'DELETE a FROM a JOIN b ON a.id = b.id',
    'DELETE FROM a USING a JOIN b',
    'WITH c AS (SELECT 1) DELETE FROM a',
    'CALL p()',
  ])('is not guessed for %s', (sql) => {
    expect(statementTarget(sql, 'd')).toBeNull();
  });
});
