import { readFileSync } from 'node:fs';
import { HeavisideError } from '../errors.ts';

/** Gives the PEM text of a file as it stands now; undefined where none is named. */
export type PemReader = () => string | undefined;

/** How a store of Java becomes PEM, by the bytes it begins with. */
const stores: readonly (readonly [RegExp, string])[] = [
  [
    /^(feedfeed|cececece)/u,
    'a Java key store (JKS): keytool -importkeystore -srckeystore STORE.jks -destkeystore STORE.p12 -deststoretype PKCS12, then as PKCS#12',
  ],
  [
    /^30[89a-f]/u,
    'binary, PKCS#12 most likely: openssl pkcs12 -in STORE.p12 -nodes -out STORE.pem (a trust store: with -nokeys)',
  ],
];

/**
 * Reads a PEM file at once, and anew each time it is asked: a certificate that was rotated counts from the next
 * connection on. While the file cannot be read, or is no PEM, what it held last counts.
 * @throws CONFIG_INVALID where it cannot be read at first, or holds something else; says how to convert it
 */
export function pemReader(path: string | null): PemReader {
  if (path === null) return () => undefined;
  let last = readPem(path);
  return () => {
    try {
      last = readPem(path);
    } catch {
      // In the middle of a rotation.
    }
    return last;
  };
}

function readPem(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new HeavisideError('CONFIG_INVALID', `${path} cannot be read`, { cause: error });
  }
  const text = bytes.toString('utf8');
  if (text.includes('-----BEGIN ')) return text;
  const start = bytes.subarray(0, 4).toString('hex');
  const store = stores.find(([pattern]) => pattern.test(start))?.[1];
  throw new HeavisideError(
    'CONFIG_INVALID',
    `${path} is not PEM${store === undefined ? '' : `, but ${store}`}`,
  );
}
