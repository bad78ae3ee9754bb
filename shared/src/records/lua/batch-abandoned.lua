-- Closes uploads that have received nothing for some time: the batch consists of what was received, and ends with its last item.
-- KEYS  receiving, outbox
-- ARGV  base of the connection's keys, channel, ms without upload, ms to keep a batch once it has ended, uploads to check,
--       then the applications to which the end of a batch is announced
-- Returns {number of uploads checked, {BatchId, ...}: those closed}
local receiving, outbox = unpack(KEYS)
local base, channel, afterMs, keptMs, atMost = unpack(ARGV, 1, 5)

local before = now - afterMs
local announced = {}
for at = 6, #ARGV do
  local application = ARGV[at]
  announced[application] = true
end
local uploads = redis.call('ZRANGEBYSCORE', receiving, '-inf', before, 'LIMIT', 0, atMost)
local closed = {}
for _, batchId in ipairs(uploads) do
  local batch = base .. ':batch:' .. batchId
  local b = redis.call('HMGET', batch, 'receivedAt', 'uploadedAt', 'application')
  if b[1] or not b[2] then
    -- complete, cancelled or gone
    redis.call('ZREM', receiving, batchId)
  elseif tonumber(b[2]) > before then
    -- an upload is added here once, when it begins
    redis.call('ZADD', receiving, b[2], batchId)
  else
    redis.call('ZREM', receiving, batchId)
    redis.call('HSET', batch, 'receivedAt', now, 'abandonedAt', now, 'updatedAt', now)
    end_batch(batch, outbox, batchId, announced[b[3]], channel, now, keptMs)
    closed[#closed + 1] = batchId
  end
end
return { #uploads, closed }
