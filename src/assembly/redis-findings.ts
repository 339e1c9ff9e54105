import type { SourceFinding } from '../binlog/source-checks.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../observability/log.ts';
import type { RedisNode } from '../redis/redis-node.ts';
import { redisNodes } from './redis-nodes.ts';

/** What the election needs of each Redis node, looked at without changing anything. */
export async function redisFindings(config: Config, log: Log): Promise<SourceFinding[]> {
  const findings: SourceFinding[] = [];
  for (const node of redisNodes(config, log)) {
    const label = node.name;
    try {
      await node.store.call('PING', []);
      findings.push({ code: 'REDIS_UNREACHABLE', severity: 'ok', message: `${label} answers`, fix: '' });
      findings.push(await evictionFinding(node, label));
    } catch (error) {
      findings.push({
        code: 'REDIS_UNREACHABLE',
        severity: 'error',
        message: `${label} does not answer: ${error instanceof Error ? error.message : String(error)}`,
        fix: 'Check redis.nodes and the network between this replica and Redis.',
      });
    } finally {
      node.close();
    }
  }
  return findings;
}

/** A lease or an epoch that Redis evicts is a lost lease. */
async function evictionFinding(node: RedisNode, label: string): Promise<SourceFinding> {
  const reply = await node.store.call('INFO', ['memory']);
  const policy = /maxmemory_policy:(\S+)/.exec(String(reply))?.[1] ?? 'unknown';
  if (policy === 'noeviction') {
    return { code: 'REDIS_UNREACHABLE', severity: 'ok', message: `${label} evicts nothing`, fix: '' };
  }
  return {
    code: 'REDIS_UNREACHABLE',
    severity: 'warning',
    message: `${label} has maxmemory-policy ${policy}: it may evict the lease or the epoch`,
    fix: 'CONFIG SET maxmemory-policy noeviction',
  };
}
