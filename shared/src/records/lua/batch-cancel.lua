-- Marks a batch as cancelled: its items get no more turns, and no more items are accepted. A worker then ends, one by one, the items
-- that were never sent to the EMR.
-- KEYS  batch, outbox, backlog of the application, cancelling
-- ARGV  BatchId, '1' to announce, channel, ms to keep the batch once it has ended
-- Gives 'cancelling' | 'finished'
local batch, outbox, backlog, cancelling = unpack(KEYS)
local batchId, announce, channel, keptMs = unpack(ARGV, 1, 4)

local stored = redis.call('HMGET', batch, 'finishedAt', 'cancelledAt')
if stored[1] then return 'finished' end
if stored[2] then return 'cancelling' end
redis.call('HSET', batch, 'cancelledAt', now, 'updatedAt', now)
redis.call('HSETNX', batch, 'receivedAt', now)
redis.call('ZREM', backlog, batchId)
redis.call('ZADD', cancelling, now, batchId)
end_batch(batch, outbox, batchId, announce == '1', channel, now, keptMs)
return 'cancelling'
