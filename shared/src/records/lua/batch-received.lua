-- Records that a batch's upload is complete.
-- KEYS  batch, items, outbox, receiving
-- ARGV  BatchId, items in the upload, '1' to announce, channel, ms to keep the batch once it has ended
-- Returns 'received' | 'shorter' (an earlier upload had more items) | 'cancelled'
if redis.call('HEXISTS', KEYS[1], 'cancelledAt') == 1 then return 'cancelled' end
if redis.call('STRLEN', KEYS[2]) > tonumber(ARGV[2]) then return 'shorter' end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('HSETNX', KEYS[1], 'receivedAt', now) == 1 then redis.call('HSET', KEYS[1], 'updatedAt', now) end
redis.call('HDEL', KEYS[1], 'abandonedAt')
redis.call('ZREM', KEYS[4], ARGV[1])
end_batch(KEYS[1], KEYS[3], ARGV[1], ARGV[3] == '1', ARGV[4], now, ARGV[5])
return 'received'
