-- Counts what waits for each endpoint of an application, and how the endpoints do.
-- KEYS  endpoints, head
-- ARGV  base, the EndpointId of the configuration, the reasons of endpoints that their application or an operator has disabled
-- Returns {{EndpointId, messages that wait (also such as it does not want, if they are behind in the feed), dead letters, 0 enabled | 1 failing |
-- 2 disabled | 3 disabled by one of those}, ...}
local endpoints, head = unpack(KEYS)
local base, configured, byItsOwner, byAnOperator = unpack(ARGV, 1, 4)

local n = tonumber(redis.call('HGET', head, 'n') or 0)
local names = redis.call('HKEYS', endpoints)
names[#names + 1] = configured
local figures = {}
for _, endpoint in ipairs(names) do
  local l = redis.call('HMGET', base .. ':lane:' .. endpoint, 'position', 'disabledAt', 'openings', 'reason')
  if l[1] then
    local waiting = redis.call('ZCARD', base .. ':due:' .. endpoint) + redis.call('ZCARD', base .. ':busy:' .. endpoint)
    local dead = redis.call('ZCARD', base .. ':dead:' .. endpoint)
    local isOrdered = l[4] == byItsOwner or l[4] == byAnOperator
    local state = l[2] and (isOrdered and 3 or 2) or l[3] and 1 or 0
    figures[#figures + 1] = { endpoint, waiting + math.max(n - number_of(l[1]), 0), dead, state }
  end
end
return figures
