-- Remembers one request: payload, place in the pending set (by deadline) and in its application's list (by age).
-- With an Idempotency-Key it first looks whether that key, under any configured sealing key, is already known.
-- KEYS  payload, pending, jobs of the application, depth; with an Idempotency-Key also BullMQ's completed, failed and the job's own
--       hash, then one idempotency record per candidate JobId, own one first
-- ARGV  JobId, sealed payload, ms to the deadline, ms to keep the payload, application, then per candidate: JobId, fingerprint
-- Gives {'new', JobId} or {'known', JobId, the fingerprint that was kept}
for i = 8, #KEYS do
  local kept = redis.call('GET', KEYS[i])
  if kept then return { 'known', ARGV[6 + (i - 8) * 2], kept } end
end
if #KEYS == 4 then
  -- sent a second time, the connection having been lost before the answer came: the job may even have ended by now
  if redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { 'new', ARGV[1] } end
elseif redis.call('ZREM', KEYS[5], ARGV[1]) + redis.call('ZREM', KEYS[6], ARGV[1]) > 0 then
  -- the key's former job is forgotten but for what BullMQ, whose clean-up is lazy, has of it; that would keep this one out
  redis.call('UNLINK', KEYS[7])
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('HINCRBY', KEYS[4], ARGV[5], 1)
if #KEYS > 4 then redis.call('SET', KEYS[8], ARGV[7], 'PX', ARGV[4]) end
return { 'new', ARGV[1] }
