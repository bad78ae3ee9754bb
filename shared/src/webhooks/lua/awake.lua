-- Which endpoints there is something to do for, and in which version they are.
-- KEYS  wake, endpointsVersion
-- Returns {{EndpointId, ...}: those that have waited longest first, the version}
local wake, endpointsVersion = unpack(KEYS)

return { redis.call('ZRANGEBYSCORE', wake, '-inf', now), redis.call('GET', endpointsVersion) or '0' }
