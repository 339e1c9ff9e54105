import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';
import { RoundTrip } from '../support/roundtrip/round-trip.ts';

/** The long form: `npm run test:roundtrip`. */
const SEED = 20_261;
const TABLES = 24;
const ROWS_A_TABLE = 120;

describe('random tables, through the whole product into Kafka', () => {
  let place: ProductPlace;

  beforeAll(async () => {
    place = await ProductPlace.open('round_trip');
  });
  afterAll(() => place.close());

  it.each(['mysql', 'mariadb'] as const)('add up to what %s has, forwards and backwards', async (flavor) => {
    const trip = await RoundTrip.open(place, flavor, SEED);
    try {
      for (let index = 0; index < TABLES; index++) await trip.table(index, ROWS_A_TABLE);
      const { inserts, updates, deletes, comparedRows, alters } = trip.counts;
      expect((updates + deletes) / (inserts + updates + deletes)).toBeGreaterThan(0.3);
      expect([comparedRows > 500, alters > 5]).toEqual([true, true]);
    } finally {
      await trip.close();
    }
  });
});
