-- Marks a batch as cancelled: its items get no more turns, and no more items are accepted. A worker then ends, one by one, the items
-- that were never sent to the EMR.
-- KEYS  batch, outbox, backlog of the application, cancelling
-- ARGV  BatchId, '1' to announce, channel, ms to keep the batch once it has ended
-- Gives 'cancelling' | 'finished'
local batch = redis.call('HMGET', KEYS[1], 'finishedAt', 'cancelledAt')
if batch[1] then return 'finished' end
if batch[2] then return 'cancelling' end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], 'cancelledAt', now, 'updatedAt', now)
redis.call('HSETNX', KEYS[1], 'receivedAt', now)
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], now, ARGV[1])
end_batch(KEYS[1], KEYS[2], ARGV[1], ARGV[2] == '1', ARGV[3], now, ARGV[4])
return 'cancelling'
