import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ownAddress } from '../../../src/assembly/own-address.ts';
import { fetchStatus } from '../../../src/cli/leader-status.ts';

const UNKNOWN = 'hs-1.invalid'; // as the name of a pod is to another pod

async function page(replica: string): Promise<number> {
  const server = createServer((_, response) => void response.end(JSON.stringify({ replica, lagSeconds: 2 })));
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it('finds the page of a leader by its address where its name is unknown', async () => {
  const httpPort = await page('hs-1');
  const leader = { replica: 'hs-1', host: UNKNOWN, httpPort };
  expect(await fetchStatus({ ...leader, address: '127.0.0.1' }, '/')).toMatchObject({ lagSeconds: 2 });
  expect(await fetchStatus(leader, '/')).toBeNull();
  expect(await fetchStatus({ ...leader, httpPort: null }, '/')).toBeNull();
});

it('takes no other replica for the leader', async () => {
  const httpPort = await page('hs-2');
  expect(await fetchStatus({ replica: 'hs-1', host: '127.0.0.1', httpPort }, '/')).toBeNull();
});

it('tells an address that others may reach, IPv4 first', () => {
  const rest = { netmask: '', mac: '', cidr: null };
  const v4 = (address: string, internal = false) => ({ ...rest, address, internal, family: 'IPv4' as const });
  const v6 = (address: string) => ({
    ...rest,
    address,
    internal: false,
    family: 'IPv6' as const,
    scopeid: 0,
  });
  expect(ownAddress({ lo: [v4('127.0.0.1', true)], eth0: [v6('fd00::1'), v4('10.1.2.3')] })).toBe('10.1.2.3');
  expect(ownAddress({ eth0: [v6('fe80::1'), v6('fd00::1')] })).toBe('fd00::1');
  expect(ownAddress({ eth0: [v4('169.254.0.1')] })).toBeUndefined();
});
