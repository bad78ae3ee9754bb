-- Part of the scripts after which an endpoint has something else to do, or has it at another time.
-- How many deliveries to the endpoint may be under way: few as long as it has never answered, one while it fails.
local function places_of(lane, places)
  local l = redis.call('HMGET', lane, 'failuresInRow', 'lastSuccessAt')
  if tonumber(l[1] or 0) > 0 then return 1, false end
  return l[2] and tonumber(places) or math.min(places, 2), l[2] and true or false
end

-- How many deliveries to the endpoint are under way. A lease that was not prolonged for so long that `lostMs` are left of it is that of
-- a worker that may be dead: it holds up its message, but no place.
local function held_in(busy, lostMs)
  return redis.call('ZCOUNT', busy, '(' .. string.format('%.0f', now + lostMs), '+inf')
end

-- Writes when there is something to do for the endpoint, and returns it: 0 for nothing.
local function wake_at(wake, endpoint, lane, due, busy, head, places, lostMs)
  local l = redis.call('HMGET', lane, 'position', 'disabledAt', 'openUntil', 'notBefore')
  if not l[1] or l[2] then
    redis.call('ZREM', wake, endpoint)
    return 0
  end
  local lease = redis.call('ZRANGE', busy, 0, 0, 'WITHSCORES')[2]
  local at = lease and tonumber(lease) or math.huge
  if held_in(busy, lostMs) < places then
    local retry = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
    local rest = (redis.call('HGET', head, 'id') or l[1]) ~= l[1] and now or math.huge
    local free = math.max(math.min(rest, tonumber(retry or math.huge)), tonumber(l[3] or 0), tonumber(l[4] or 0))
    at = math.min(at, free)
  else
    local held = redis.call('ZRANGEBYSCORE', busy, '(' .. string.format('%.0f', now + lostMs), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
    at = math.min(at, held - lostMs)
  end
  redis.call('ZADD', wake, at == math.huge and '+inf' or math.max(at, 0), endpoint)
  return at == math.huge and 0 or at
end
