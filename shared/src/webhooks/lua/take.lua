-- Takes messages for an endpoint: those that are due again, and the next ones of the feed that it wants. What a worker took and lost with
-- its life is due again. While the breaker is open there is nothing to take, then one message as a probe.
-- KEYS  lane, due, busy, tried, wake, feed, head
-- ARGV  EndpointId, messages at most, ms of a lease, ms left of one whose worker may be dead, deliveries that may be under way in the
--       fleet, messages per second or '', types and connections that it wants (wanted.lua)
-- Returns {when to take again (0: when something new comes), 1 if the endpoint answers well, {{feed id, id, type, connection, body, tries
-- so far, end of the lease}, ...}}
local lane, due, busy, tried, wake, feed, head = unpack(KEYS)
local endpoint, most, leaseMs, lostMs, places, perSecond, types, connections = unpack(ARGV, 1, 8)

local l = redis.call('HMGET', lane, 'position', 'disabledAt', 'openUntil', 'tokens', 'tokensAt', 'notBefore')
local position = l[1]
if not position or l[2] then
  redis.call('ZREM', wake, endpoint)
  return { 0, 0, {} }
end
for _, feedId in ipairs(redis.call('ZRANGEBYSCORE', busy, '-inf', now)) do
  redis.call('ZREM', busy, feedId)
  redis.call('ZADD', due, now, feedId)
end
local allowed, proven = places_of(lane, places)
local free = math.min(most, allowed - held_in(busy, lostMs))
if tonumber(l[3] or 0) > now then free = 0 end
local rate, tokens = tonumber(perSecond), nil
if rate then
  local burst = math.max(rate, 1)
  tokens = math.min(burst, (l[4] or burst) + math.max(now - (l[5] or now), 0) * rate / 1000)
  -- a token that is complete but for a rounding error
  free = math.min(free, math.floor(tokens + 1e-6))
end

local taken = {}
local lease = now + leaseMs
local function hold(feedId, fields)
  redis.call('ZADD', busy, lease, feedId)
  local tries = tonumber(redis.call('HGET', tried, feedId) or 0)
  taken[#taken + 1] = { feedId, fields.id, fields.type, fields.connection, fields.body, tries, lease }
end
local function take_due(count)
  if count <= 0 then return end
  for _, feedId in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, count)) do
    redis.call('ZREM', due, feedId)
    local entry = redis.call('XRANGE', feed, feedId, feedId)[1]
    if entry then
      hold(feedId, fields_of(entry))
    else
      redis.call('HDEL', tried, feedId)
      redis.call('HINCRBY', lane, 'missed', 1)
    end
  end
end
-- moves on by at most 1,000 messages that the endpoint does not want
local function take_feed(last)
  local filtered = types ~= '' or connections ~= ''
  for _ = 1, 5 do
    if #taken >= free or position == last then return end
    local entries = redis.call('XRANGE', feed, '(' .. position, '+', 'COUNT', filtered and 200 or free - #taken)
    local up_to = entries[1] and number_of(entries[1][1]) - 1 or number_of(last)
    -- the feed no longer has what lies between
    if up_to > number_of(position) then redis.call('HINCRBY', lane, 'missed', up_to - number_of(position)) end
    if #entries == 0 then position = last end
    for _, entry in ipairs(entries) do
      position = entry[1]
      local fields = fields_of(entry)
      if wanted(fields, endpoint, types, connections) then hold(position, fields) end
      if #taken >= free then return end
    end
  end
end

local last = redis.call('HGET', head, 'id') or position
if free > 0 then
  -- neither what is due again nor what is new waits for all of the other
  take_due(position == last and free or math.ceil(free / 2))
  take_feed(last)
  take_due(free - #taken)
  redis.call('HSET', lane, 'position', position)
end
if rate then
  tokens = tokens - #taken
  redis.call('HSET', lane, 'tokens', tokens, 'tokensAt', now)
  if tokens < 1 then
    redis.call('HSET', lane, 'notBefore', now + math.ceil((1 - tokens) * 1000 / rate))
  else
    redis.call('HDEL', lane, 'notBefore')
  end
elseif l[6] then
  redis.call('HDEL', lane, 'notBefore')
end
return { wake_at(wake, endpoint, lane, due, busy, head, allowed, lostMs), proven and 1 or 0, taken }
