-- Remembers one request: payload, place in the pending set (by deadline) and in its application's list (by age).
-- With an Idempotency-Key it first looks whether that key, under any configured sealing key, is already known.
-- KEYS  payload, pending, jobs of the application, then one idempotency record per candidate JobId, own one first
-- ARGV  JobId, sealed payload, ms to the deadline, ms to keep the payload, then per candidate: JobId, fingerprint
-- Gives {'new', JobId} or {'known', JobId, the fingerprint that was kept}
for i = 4, #KEYS do
  local kept = redis.call('GET', KEYS[i])
  if kept then return { 'known', ARGV[5 + (i - 4) * 2], kept } end
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
if #KEYS > 3 then redis.call('SET', KEYS[4], ARGV[6], 'PX', ARGV[4]) end
return { 'new', ARGV[1] }
