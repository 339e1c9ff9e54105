import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';
import { snapshotTrial } from '../support/snapshot-trial.ts';

describe.concurrent.each(['mysql', 'mariadb'] as const)(
  'a snapshot of %s whose leaders are killed',
  (flavor) => {
    let place: ProductPlace;

    beforeAll(async () => {
      place = await ProductPlace.open(`snapshot_ha_${flavor}`);
    });
    afterAll(() => place.close());

    it('adds up to the table, and no chunk comes twice', async () => {
      const result = await snapshotTrial(place, {
        flavor,
        rows: 40_000,
        kills: 3,
        writers: 2,
        pauseMs: 3,
        config: { snapshot_max_rows_per_second: '2000' },
      });
      expect(result.faults).toEqual([]);
      expect([result.gaps.length, result.killsDuring]).toEqual([3, 3]);
      expect(result.snapshotRows).toBeGreaterThan(30_000);
      expect(result.changes).toBeGreaterThan(100);
    });
  },
);
