-- Part of the scripts that need the time: `now` by Redis' clock, ms since the epoch.
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
