-- Finds a part of the messages that an endpoint wants and has never received, and sends them again if so asked. What waits for it anyway is
-- not among them.
-- KEYS  lane, due, busy, tried, dead, wake, feed
-- ARGV  base, EndpointId, where to begin: '-', '<ms>' or '(<feed id>', entries to look at, types and connections that it wants
--       (wanted.lua), '1' to send them
-- Returns {number of those found, the id of the last entry or '' if there are no more}
local lane, due, busy, tried, dead, wake, feed = unpack(KEYS)
local base, endpoint, from, most, types, connections, send = unpack(ARGV, 1, 7)

local position = redis.call('HGET', lane, 'position')
if not position then return { 0, '' } end
local found, last = 0, ''
for _, entry in ipairs(redis.call('XRANGE', feed, from, position, 'COUNT', most)) do
  local feedId = entry[1]
  last = feedId
  local fields = fields_of(entry)
  local n = number_of(feedId)
  local bits = base .. ':delivered:' .. endpoint .. ':' .. string.format('%.0f', math.floor(n / 65536))
  if
    not fields.only
    and wanted(fields, endpoint, types, connections)
    and redis.call('GETBIT', bits, n % 65536) == 0
    and not redis.call('ZSCORE', due, feedId)
    and not redis.call('ZSCORE', busy, feedId)
  then
    found = found + 1
    if send == '1' then
      redis.call('ZREM', dead, feedId)
      redis.call('HDEL', tried, feedId)
      redis.call('ZADD', due, now, feedId)
    end
  end
end
if found > 0 and send == '1' and redis.call('HEXISTS', lane, 'disabledAt') == 0 then redis.call('ZADD', wake, 'LT', now, endpoint) end
return { found, last }
