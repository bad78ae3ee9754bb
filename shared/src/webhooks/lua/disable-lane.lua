-- Delivers nothing more to an endpoint. What is under way ends as it ends; the rest waits.
-- KEYS  lane, wake
-- ARGV  EndpointId, the reason
-- Returns 1 if it was enabled
local lane, wake = unpack(KEYS)
local endpoint, reason = unpack(ARGV, 1, 2)

if redis.call('EXISTS', lane) == 0 or redis.call('HSETNX', lane, 'disabledAt', now) == 0 then return 0 end
redis.call('HSET', lane, 'reason', reason)
redis.call('ZREM', wake, endpoint)
return 1
