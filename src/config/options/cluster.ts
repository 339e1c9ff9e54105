import { choice, duration, integer, list, secret, text } from '../option-type.ts';
import { option, optional } from '../option.ts';
import { parseRedisNode } from '../redis-node.ts';

const clientId = (value: string): string | undefined =>
  /^[A-Za-z0-9._-]{1,200}$/u.test(value)
    ? undefined
    : `"${value}" is not 1 to 200 of the characters A-Z a-z 0-9 . _ -`;

/** The replicas of one source, and how they elect the one that reads. */
export const clusterOptions = {
  client_id: option(text('NAME', clientId), 'maxwell', {
    summary:
      'Name of the cluster, the same on all its replicas: prefix of its topics, transactional id and Redis keys.',
    origin: 'maxwell',
  }),
  replica_name: optional(text('NAME'), {
    summary: 'Name of this replica in logs, status and metrics.',
    derived: '<hostname>:<pid>',
    origin: 'heaviside',
  }),
  ha: option(choice(['auto', 'true', 'false']), 'auto', {
    summary: 'Elect a leader among several replicas; auto: where redis.nodes is given.',
    origin: 'maxwell',
  }),
  'redis.nodes': optional(list('URLS', parseRedisNode, ','), {
    summary: 'One or an odd number of independent Redis nodes; the first also holds the checkpoints.',
    note: 'redis://, rediss:// (TLS) or redis+sentinel://HOST:PORT;HOST:PORT/GROUP (a group counts as one node).',
    origin: 'heaviside',
  }),
  'redis.username': optional(text('NAME'), {
    summary: 'Account for the nodes whose URL has no credentials; needs redis.password.',
    origin: 'heaviside',
  }),
  'redis.password': optional(secret(), {
    summary: 'Password for the nodes whose URL has no credentials.',
    origin: 'heaviside',
  }),
  'redis.sentinel_password': optional(secret(), {
    summary: 'Password of the Sentinels.',
    origin: 'heaviside',
  }),
  'redis.tls_ca': optional(text('PATH'), {
    summary: 'PEM file with the authorities for rediss:// nodes.',
    derived: "the runtime's own authorities",
    origin: 'heaviside',
  }),
  'redis.command_timeout_ms': optional(duration(10, 60_000), {
    summary: 'Time for a Redis command; shorter than a renewal.',
    derived: 'a quarter of lease_ttl_ms, 1000 at most',
    origin: 'heaviside',
  }),
  lease_ttl_ms: option(duration(500, 600_000), 5000, {
    summary: 'Life of the lease without renewal: the larger part of a crash failover.',
    origin: 'heaviside',
  }),
  lease_renewal_ms: optional(duration(50, 300_000), {
    summary: 'Period of renewal of the lease.',
    derived: 'a third of lease_ttl_ms',
    origin: 'heaviside',
  }),
  redis_outage: option(choice(['keep_leading', 'stop']), 'keep_leading', {
    summary: 'Under exactly_once, what a leader does that cannot reach Redis past its deadline.',
    note: 'The brokers fence it, so going on is safe; under at_least_once it always stops.',
    origin: 'heaviside',
  }),
  breaker_failure_threshold: option(integer(1, 1000), 3, {
    summary: 'Failed attempts to write in a row that open the circuit breaker.',
    origin: 'heaviside',
  }),
  breaker_reset_ms: option(duration(10, 600_000), 2000, {
    summary: 'Time from the opening of the breaker to the attempt that may close it.',
    origin: 'heaviside',
  }),
  breaker_step_down_ms: option(duration(100, 3_600_000), 15_000, {
    summary: 'Time with an open breaker after which the lease goes to a standby that reaches Kafka.',
    origin: 'heaviside',
  }),
} as const;
