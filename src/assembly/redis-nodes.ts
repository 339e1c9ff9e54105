import type { Config } from '../config/config.ts';
import type { Log } from '../observability/log.ts';
import { RedisNode } from '../redis/redis-node.ts';
import { readPem } from './read-pem.ts';

/** The nodes of redis.nodes, with what the other redis.* options say of all of them. */
export function redisNodes({ ha }: Config, log: Log): RedisNode[] {
  const tlsCa = readPem(ha.redis.tlsCaPath) ?? null;
  const sentinelPassword = ha.redis.sentinelPassword?.reveal() ?? null;
  return ha.redis.nodes.map(
    ({ url }) =>
      new RedisNode({ url: url.reveal(), leaseTtlMs: ha.leaseTtlMs, tlsCa, sentinelPassword, log }),
  );
}
