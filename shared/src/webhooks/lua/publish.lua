-- Adds messages to the feed of an application, each once, and wakes its endpoints.
-- A message from the outbox of a connection has its place there. One with a higher place than any that is here is surely new. Whether
-- another one is here already is looked up only if `thorough`: its message may be here, or the store of the connection has forgotten.
-- KEYS  feed, head, wake, configured (the lane of the endpoint of the configuration)
-- ARGV  its EndpointId or '' if there is none, ms to keep messages, messages to keep, ms and number of messages to look through, '1' if
--       thorough, then per message: id, type, connection or '', body, its place in the outbox or '', only this endpoint or '', not this endpoint or ''
-- Returns per message 1 if it was added, 0 if it is here already, -1 if that was not looked up
local feed, head, wake, configured = unpack(KEYS)
local endpoint, keptMs, keptMost, lookMs, lookMost, thorough = unpack(ARGV, 1, 6)

local last = redis.call('HMGET', head, 'n', 'ms', 'id')
local n, ms, id = tonumber(last[1] or 0), math.max(tonumber(last[2] or 0), now), last[3]
if endpoint ~= '' and redis.call('HSETNX', configured, 'position', id or '0-0') == 1 then
  redis.call('HSET', configured, 'from', id or '0-0', 'createdAt', now)
  redis.call('ZADD', wake, '+inf', endpoint)
end

-- by connection: ms and number of the highest place in its outbox of what is here
local places = {}
local function is_later(connection, place)
  local highest = places[connection]
  if not highest then
    local atMs, atN = string.match(redis.call('HGET', head, 'at:' .. connection) or '0-0', '(%d+)-(%d+)')
    highest = { tonumber(atMs), tonumber(atN) }
    places[connection] = highest
  end
  local atMs, atN = string.match(place, '(%d+)-(%d+)')
  atMs, atN = tonumber(atMs), tonumber(atN)
  if atMs < highest[1] or atMs == highest[1] and atN <= highest[2] then return false end
  highest[1], highest[2], highest.place = atMs, atN, place
  return true
end

-- the ids of messages, as far as they were read: from the newest one back
local here, from, looked = {}, '+', 0
local function is_here(messageId)
  while not here[messageId] and from and looked < tonumber(lookMost) do
    local entries = redis.call('XREVRANGE', feed, from, '-', 'COUNT', 100)
    for _, entry in ipairs(entries) do here[entry[2][2]] = true end
    looked = looked + #entries
    local oldest = #entries == 100 and entries[100][1]
    from = oldest and tonumber(string.match(oldest, '%d+')) >= now - lookMs and '(' .. oldest
  end
  return here[messageId]
end

local replies, added = {}, 0
for at = 7, #ARGV, 7 do
  local messageId, kind, connection, body, place, only, except = unpack(ARGV, at, at + 6)
  local reply = 1
  if place ~= '' and is_later(connection, place) then
    reply = 1
  elseif place ~= '' and thorough ~= '1' then
    reply = -1
  elseif is_here(messageId) then
    reply = 0
  end
  if reply == 1 then
    n, added = n + 1, added + 1
    id = string.format('%.0f-%.0f', ms, n)
    if only ~= '' then
      redis.call('XADD', feed, id, 'id', messageId, 'type', kind, 'connection', connection, 'body', body, 'only', only)
    elseif except ~= '' then
      redis.call('XADD', feed, id, 'id', messageId, 'type', kind, 'connection', connection, 'body', body, 'except', except)
    else
      redis.call('XADD', feed, id, 'id', messageId, 'type', kind, 'connection', connection, 'body', body)
    end
    here[messageId] = true
  end
  replies[#replies + 1] = reply
end
if added == 0 then return replies end
local newest = { 'n', n, 'ms', ms, 'id', id }
for connection, highest in pairs(places) do
  if highest.place then
    newest[#newest + 1] = 'at:' .. connection
    newest[#newest + 1] = highest.place
  end
end
redis.call('HSET', head, unpack(newest))
redis.call('XTRIM', feed, 'MINID', '~', string.format('%.0f', now - keptMs))
redis.call('XTRIM', feed, 'MAXLEN', '~', keptMost)
redis.call('PEXPIRE', feed, keptMs)
-- in one command: an application may have 1,000 endpoints
local woken = {}
for _, each in ipairs(redis.call('ZRANGEBYSCORE', wake, '(' .. string.format('%.0f', now), '+inf')) do
  woken[#woken + 1] = now
  woken[#woken + 1] = each
end
if #woken > 0 then redis.call('ZADD', wake, unpack(woken)) end
return replies
