-- Closes uploads that have received nothing for some time: the batch consists of what was received, and ends with its last item.
-- KEYS  receiving, outbox
-- ARGV  base of the connection's keys, channel, ms without upload, ms to keep a batch once it has ended, uploads to check,
--       then the applications to which the end of a batch is announced
-- Returns {number of uploads checked, {BatchId, ...}: those closed}
local base = ARGV[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local before = now - ARGV[3]
local announced = {}
for i = 6, #ARGV do announced[ARGV[i]] = true end
local uploads = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', before, 'LIMIT', 0, ARGV[5])
local closed = {}
for _, batchId in ipairs(uploads) do
  local batch = base .. ':batch:' .. batchId
  local b = redis.call('HMGET', batch, 'receivedAt', 'uploadedAt', 'application')
  if b[1] or not b[2] then
    -- complete, cancelled or gone
    redis.call('ZREM', KEYS[1], batchId)
  elseif tonumber(b[2]) > before then
    -- an upload is added here once, when it begins
    redis.call('ZADD', KEYS[1], b[2], batchId)
  else
    redis.call('ZREM', KEYS[1], batchId)
    redis.call('HSET', batch, 'receivedAt', now, 'abandonedAt', now, 'updatedAt', now)
    end_batch(batch, KEYS[2], batchId, announced[b[3]], ARGV[2], now, ARGV[4])
    closed[#closed + 1] = batchId
  end
end
return { #uploads, closed }
