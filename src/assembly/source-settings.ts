import { readFileSync } from 'node:fs';
import type { SourceAddress } from '../binlog/mysql-client.ts';
import type { Config } from '../config/config.ts';
import { HeavisideError } from '../errors.ts';

function pem(path: string | null): string | undefined {
  if (path === null) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HeavisideError('CONFIG_INVALID', `${path} cannot be read`, { cause: error });
  }
}

/** The addresses of the source, in the order in which they are tried. Names are resolved at each connect. */
export function sourceAddresses({ source }: Config): readonly SourceAddress[] {
  const ca = pem(source.tls.caPath);
  const cert = pem(source.tls.certificatePath);
  const key = pem(source.tls.keyPath);
  return source.hosts.map(({ host, port }) => ({
    host,
    port,
    user: source.user,
    password: source.password?.reveal() ?? '',
    tls: {
      mode: source.tls.mode,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    connectTimeoutMs: source.connectionTimeoutMs,
  }));
}
