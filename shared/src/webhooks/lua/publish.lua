-- Adds messages to the feed of an application, each once, and wakes its endpoints.
-- KEYS  feed, head, seen, wake, configured (the lane of the endpoint of the configuration)
-- ARGV  its EndpointId or '' if there is none, ms to keep messages, messages to keep, ms and number of ids to remember, then per
--       message: id, type, connection or '', body, only this endpoint or '', not this endpoint or ''
-- Returns the number of those added; the others are known by their id
local feed, head, seen, wake, configured = unpack(KEYS)
local endpoint, keptMs, keptMost, seenMs, seenMost = unpack(ARGV, 1, 5)

local last = redis.call('HMGET', head, 'n', 'ms', 'id')
local n, ms, id = tonumber(last[1] or 0), math.max(tonumber(last[2] or 0), now), last[3]
if endpoint ~= '' and redis.call('HSETNX', configured, 'position', id or '0-0') == 1 then
  redis.call('HSET', configured, 'from', id or '0-0', 'createdAt', now)
  redis.call('ZADD', wake, '+inf', endpoint)
end
local added = 0
for at = 6, #ARGV, 6 do
  local messageId, kind, connection, body, only, except = unpack(ARGV, at, at + 5)
  if not redis.call('ZSCORE', seen, messageId) then
    n, added = n + 1, added + 1
    id = string.format('%.0f-%.0f', ms, n)
    local fields = { 'id', messageId, 'type', kind, 'connection', connection, 'body', body }
    for name, value in pairs({ only = only, except = except }) do
      if value ~= '' then
        fields[#fields + 1] = name
        fields[#fields + 1] = value
      end
    end
    redis.call('XADD', feed, id, unpack(fields))
    redis.call('ZADD', seen, ms, messageId)
  end
end
if added == 0 then return 0 end
redis.call('HSET', head, 'n', n, 'ms', ms, 'id', id)
redis.call('XTRIM', feed, 'MINID', '~', string.format('%.0f', now - keptMs))
redis.call('XTRIM', feed, 'MAXLEN', '~', keptMost)
redis.call('PEXPIRE', feed, keptMs)
redis.call('ZREMRANGEBYSCORE', seen, '-inf', now - seenMs)
redis.call('ZREMRANGEBYRANK', seen, 0, -1 - seenMost)
redis.call('PEXPIRE', seen, seenMs)
for _, each in ipairs(redis.call('ZRANGE', wake, 0, -1)) do redis.call('ZADD', wake, 'LT', now, each) end
return added
