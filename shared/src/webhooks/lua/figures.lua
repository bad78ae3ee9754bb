-- Counts what waits for each endpoint of an application, and how the endpoints do.
-- KEYS  endpoints, head
-- ARGV  base, the EndpointId of the configuration
-- Returns {{EndpointId, messages that wait (also such as it does not want, if they are behind in the feed), dead letters, 0 enabled | 1 failing |
-- 2 disabled}, ...}
local endpoints, head = unpack(KEYS)
local base, configured = unpack(ARGV, 1, 2)

local n = tonumber(redis.call('HGET', head, 'n') or 0)
local names = redis.call('HKEYS', endpoints)
names[#names + 1] = configured
local figures = {}
for _, endpoint in ipairs(names) do
  local l = redis.call('HMGET', base .. ':lane:' .. endpoint, 'position', 'disabledAt', 'openings')
  if l[1] then
    local waiting = redis.call('ZCARD', base .. ':due:' .. endpoint) + redis.call('ZCARD', base .. ':busy:' .. endpoint)
    local dead = redis.call('ZCARD', base .. ':dead:' .. endpoint)
    figures[#figures + 1] = { endpoint, waiting + math.max(n - number_of(l[1]), 0), dead, l[2] and 2 or l[3] and 1 or 0 }
  end
end
return figures
