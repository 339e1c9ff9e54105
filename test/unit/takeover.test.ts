import { expect, it } from 'vitest';
import { HeavisideError } from '../../src/errors.ts';
import type { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import { fence } from '../../src/takeover.ts';

it('without the lease no producer is made: it would fence the rightful leader', async () => {
  const gone = new HeavisideError('LEASE_LOST', 'another holds it');
  let networks = 0;
  const fencing = fence({
    createNetwork: () => {
      networks++;
      return { destroy: () => undefined } as KafkaNetwork;
    },
    positionsTopic: 'p',
    session: {
      transactionalId: 't',
      transactionTimeoutMs: 1000,
      deadlineMs: 1000,
      produceTimeoutMs: 1000,
      maxRequestBytes: 1000,
      maxInFlight: 1,
    },
    proveLease: () => Promise.reject(gone),
    readDeadlineMs: 1000,
  });
  await expect(fencing).rejects.toBe(gone);
  expect(networks).toBe(0);
});
