import { afterAll, beforeAll, expect, it } from 'vitest';
import { outageFaults, runOutage } from '../support/outage-run.ts';
import { ProductPlace } from '../support/product-place.ts';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('outage');
});

afterAll(() => place.close());

// The same for minutes, and for brokers that do not answer: npm run test:outage.
it('Kafka is away under load: the dump pauses, memory stays bounded, and every row is there once after the return', async () => {
  const result = await runOutage(place, { kind: 'cut', outageMs: 8000, rowsPerSecond: 3000 });
  const { peakBytes, recoverySeconds } = result;
  process.stdout.write(
    `VmHWM ${Math.round(peakBytes / 1024 / 1024)} MB, first record ${recoverySeconds.toFixed(2)} s after the return\n`,
  );
  expect(outageFaults(result)).toEqual([]);
});
