-- Sends one message again, with the whole schedule of tries before it.
-- KEYS  lane, due, busy, tried, dead, wake, feed
-- ARGV  EndpointId, feed id
-- Returns 'queued' | 'waiting': it has yet to be sent anyway | 'disabled' | 'unknown'
local lane, due, busy, tried, dead, wake, feed = unpack(KEYS)
local endpoint, feedId = unpack(ARGV, 1, 2)

local l = redis.call('HMGET', lane, 'position', 'disabledAt')
local entry = redis.call('XRANGE', feed, feedId, feedId)[1]
if not l[1] or not entry then return 'unknown' end
if l[2] then return 'disabled' end
if number_of(feedId) > number_of(l[1]) or redis.call('ZSCORE', busy, feedId) then return 'waiting' end
redis.call('ZREM', dead, feedId)
redis.call('HDEL', tried, feedId)
redis.call('ZADD', due, now, feedId)
redis.call('ZADD', wake, 'LT', now, endpoint)
return 'queued'
