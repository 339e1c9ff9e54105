import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

const isLinkLocal = ({ address }: NetworkInterfaceInfo): boolean =>
  /^(?:169\.254\.|fe[89ab])/iu.test(address);

/** An address of this machine for others, IPv4 first: a pod's name is unknown to other pods. Undefined where there is none. */
export function ownAddress(interfaces = networkInterfaces()): string | undefined {
  const outward = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter((each) => !each.internal && !isLinkLocal(each));
  return (outward.find(({ family }) => family === 'IPv4') ?? outward[0])?.address;
}
