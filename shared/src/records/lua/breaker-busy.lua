-- Holds the connection because the EMR turned a call away unread (429): for 1, 2, 4 .. 60 s while it goes on doing so, and at least for as
-- long as it asked for. Calls that were under way when the hold began do not make it grow. A success ends the growth (finish.lua).
-- KEYS  hold, calls
-- ARGV  ms that the EMR asked for, 0 if it named none
-- Returns the ms that the connection is to be held from now
local hold, calls = unpack(KEYS)
local askedMs = ARGV[1]

local left = (tonumber(redis.call('GET', hold)) or 0) - now
local forMs = math.max(left, tonumber(askedMs))
if left <= 0 then
  local times = redis.call('HINCRBY', calls, 'busy', 1)
  forMs = math.max(math.min(1000 * 2 ^ math.min(times - 1, 6), 60000), tonumber(askedMs))
end
redis.call('SET', hold, now + forMs, 'PX', forMs)
return forMs
