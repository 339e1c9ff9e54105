import type { Config } from '../config/config.ts';
import type { Log } from '../observability/log.ts';
import { RedisNode } from '../redis/redis-node.ts';
import { pemReader } from './read-pem.ts';

/** The nodes of redis.nodes, with what the other redis.* options say of all of them. */
export function redisNodes({ ha }: Config, log: Log): RedisNode[] {
  const { nodes, sentinelPassword, tlsCaPath } = ha.redis;
  const readCa = pemReader(tlsCaPath);
  return nodes.map(
    ({ url }) =>
      new RedisNode({
        // Read for each connection: they may have been rotated.
        get url() {
          return url.reveal();
        },
        get tlsCa() {
          return readCa() ?? null;
        },
        get sentinelPassword() {
          return sentinelPassword?.reveal() ?? null;
        },
        leaseTtlMs: ha.leaseTtlMs,
        log,
      }),
  );
}
