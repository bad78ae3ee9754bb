-- Records the end of an attempt that will be followed by another one.
-- KEYS  outcome, dispatch
-- ARGV  'round.attempt', state, ms to the next attempt, seed code, ms until the EMR can be taken to have stopped working on it
-- state 'rejected': the encounter surely does not exist in the EMR; 'unknown': it may; 'unspent': nothing was sent, the attempt does not count
-- Gives 1, or 0 if another process has continued with the job
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local mark = redis.call('HMGET', KEYS[2], 'round', 'attempt')
if (mark[1] or '1') .. '.' .. (mark[2] or '0') ~= ARGV[1] then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[2] == 'unspent' then
  redis.call('HINCRBY', KEYS[2], 'attempt', -1)
  redis.call('HDEL', KEYS[2], 'state')
  return 1
end
redis.call('HSET', KEYS[2], 'state', ARGV[2], 'nextAttemptAt', now + ARGV[3], 'code', ARGV[4])
if ARGV[2] == 'unknown' then redis.call('HSET', KEYS[2], 'endedAt', now + ARGV[5]) end
return 1
