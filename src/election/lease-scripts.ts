/**
 * The lease in Lua, one script a verb. KEYS: lease, epoch. ARGV[1]: the value that marks the lease as mine.
 * redlock counts a number equal to #KEYS as a vote; takeover.md, recipe 3.
 */

/** What the lease holds while it waits for the replica that a switchover names; a lease's own value is hexadecimal. */
export const reservedFor = (replica: string): string => `${reservedPrefix}${replica}`;
export const reservedPrefix = 'reserved:';

/**
 * ARGV[2]: TTL in ms, ARGV[3]: what it holds where it is reserved for me. Granted: {#KEYS, epoch}.
 * Another's: {0, its PTTL in ms, its value}. The epoch grows in the same step.
 */
export const acquireScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[3] then return {0, redis.call('PTTL', KEYS[1]), holder} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {#KEYS, redis.call('INCR', KEYS[2])}
`;

/** ARGV[2]: TTL in ms. #KEYS if mine, 0 if another's, -1 if there is none. */
export const extendScript = `
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return #KEYS
end
return holder and 0 or -1
`;

/** #KEYS if it was mine, else 0. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return #KEYS
`;

/** ARGV[2]: for whom it is reserved, ARGV[3]: for how many ms. 1 if it was mine, else 0. Nobody else can take it in between. */
export const handOverScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`;

/** ARGV[2]: an epoch. Raises the epoch to it and returns what the epoch is now; -1 where the lease is not mine. */
export const confirmScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local epoch = tonumber(redis.call('GET', KEYS[2]) or '0')
if epoch >= tonumber(ARGV[2]) then return epoch end
redis.call('SET', KEYS[2], ARGV[2])
return tonumber(ARGV[2])
`;

/** ARGV[2]: TTL in ms, ARGV[3]: epoch. Gives the lease back to a node that lost it (restarted empty) while a majority has it. */
export const healScript = `
if not redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return 0 end
if tonumber(redis.call('GET', KEYS[2]) or '0') < tonumber(ARGV[3]) then redis.call('SET', KEYS[2], ARGV[3]) end
return 1
`;
