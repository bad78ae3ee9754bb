-- Stores an endpoint in place of the one that was read; so two changes at the same time never undo each other.
-- KEYS  endpoints, endpointsVersion
-- ARGV  EndpointId, sealed bytes as read ('' if there were none), sealed bytes to store ('' to remove it),
--       endpoints that there may be
-- Returns 'put', 'moved' if what was read is no longer there, or 'full'
local endpoints, endpointsVersion = unpack(KEYS)
local endpoint, before, after, most = unpack(ARGV, 1, 4)

if (redis.call('HGET', endpoints, endpoint) or '') ~= before then return 'moved' end
if before == '' and redis.call('HLEN', endpoints) >= tonumber(most) then return 'full' end
if after == '' then
  redis.call('HDEL', endpoints, endpoint)
else
  redis.call('HSET', endpoints, endpoint, after)
end
redis.call('INCR', endpointsVersion)
return 'put'
