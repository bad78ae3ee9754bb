-- Begins to deliver to an endpoint, from here on; or again, if it was disabled, from where it stopped.
-- KEYS  lane, wake, head
-- ARGV  EndpointId
-- Returns 1 if it is new or was disabled
local lane, wake, head = unpack(KEYS)
local endpoint = ARGV[1]

local last = redis.call('HGET', head, 'id') or '0-0'
if redis.call('HSETNX', lane, 'position', last) == 1 then
  redis.call('HSET', lane, 'from', last, 'createdAt', now)
  redis.call('ZADD', wake, '+inf', endpoint)
  return 1
end
if redis.call('HDEL', lane, 'disabledAt') == 0 then return 0 end
redis.call('HDEL', lane, 'reason', 'failuresInRow', 'failingSince', 'openUntil', 'openings', 'warned', 'failure')
redis.call('HSET', lane, 'enabledAt', now)
redis.call('ZADD', wake, now, endpoint)
return 1
