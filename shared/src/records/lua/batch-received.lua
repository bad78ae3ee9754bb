-- Records that a batch's upload is complete.
-- KEYS  batch, items, outbox, receiving
-- ARGV  BatchId, items in the upload, '1' to announce, channel, ms to keep the batch once it has ended
-- Returns 'received' | 'shorter' (an earlier upload had more items) | 'cancelled'
local batch, items, outbox, receiving = unpack(KEYS)
local batchId, count, announce, channel, keptMs = unpack(ARGV, 1, 5)

if redis.call('HEXISTS', batch, 'cancelledAt') == 1 then return 'cancelled' end
if redis.call('STRLEN', items) > tonumber(count) then return 'shorter' end
if redis.call('HSETNX', batch, 'receivedAt', now) == 1 then redis.call('HSET', batch, 'updatedAt', now) end
redis.call('HDEL', batch, 'abandonedAt')
redis.call('ZREM', receiving, batchId)
end_batch(batch, outbox, batchId, announce == '1', channel, now, keptMs)
return 'received'
