-- Records how tries to deliver ended, and decides about the endpoint: the breaker, and whether it is disabled.
-- KEYS  lane, due, busy, tried, done, dead, wake, feed, head
-- ARGV  base, EndpointId, deliveries that may be under way in the fleet, ms left of a lease whose worker may be dead, ms to keep tries, deliveries and dead letters to list, failures in
--       a row that open the breaker, ms it stays open at first and at most, ms of nothing but failure after which the endpoint is disabled,
--       then per try: feed id, webhook-id, end of the lease, kind, ms to the next try ('' for none), the failure, the try as JSON
-- kind 'delivered'; 'failed'; 'gone': failed, and the endpoint wants no more; 'interrupted': no try, another worker makes it
-- A failure whose lease is over is not recorded: whoever has the message now will have a result of its own.
-- Returns {what came of each: 'delivered' | 'retry' | 'dead' | 'interrupted' | 'late', when to take again, the percentage of the time to being
-- disabled that has just been reached or 0, why it was disabled just now or '', since when it has failed}
local lane, due, busy, tried, done, dead, wake, feed, head = unpack(KEYS)
local base, endpoint, places, lostMs, keptMs, doneMost, deadMost, inRow, openMs, longestMs, disableMs = unpack(ARGV, 1, 11)

if redis.call('EXISTS', lane) == 0 then return { {}, 0, 0, '', 0 } end

-- Forgets the oldest of a list, and their tries, which also end by themselves.
local function trim(list, most)
  redis.call('ZREMRANGEBYSCORE', list, '-inf', now - keptMs)
  local over = redis.call('ZCARD', list) - most
  if over <= 0 then return end
  local popped = redis.call('ZPOPMIN', list, over)
  for at = 1, #popped, 2 do
    local entry = redis.call('XRANGE', feed, popped[at], popped[at])[1]
    if entry then redis.call('UNLINK', base .. ':tries:' .. endpoint .. ':' .. fields_of(entry).id) end
  end
end

local function note(id, try)
  local tries = base .. ':tries:' .. endpoint .. ':' .. id
  redis.call('RPUSH', tries, try)
  redis.call('LTRIM', tries, -20, -1)
  redis.call('PEXPIRE', tries, keptMs)
end

local function delivered(feedId)
  local n = number_of(feedId)
  local bits = base .. ':delivered:' .. endpoint .. ':' .. string.format('%.0f', math.floor(n / 65536))
  redis.call('SETBIT', bits, n % 65536, 1)
  redis.call('PEXPIRE', bits, keptMs)
  redis.call('ZREM', due, feedId)
  redis.call('ZREM', dead, feedId)
  redis.call('HDEL', tried, feedId)
  redis.call('ZADD', done, now, feedId)
  local was = redis.call('HMGET', lane, 'failuresInRow', 'openings')
  if was[2] then redis.call('HSET', lane, 'enabledAt', now) end
  if was[1] then redis.call('HDEL', lane, 'failuresInRow', 'failingSince', 'openUntil', 'openings', 'warned', 'failure') end
  redis.call('HSET', lane, 'lastSuccessAt', now)
end

local function disable(reason)
  redis.call('HSET', lane, 'disabledAt', now, 'reason', reason)
  return reason
end

-- Returns the percentage to warn of, or 0, and the reason if the endpoint is disabled.
local function failed(failure, gone)
  local failures = redis.call('HINCRBY', lane, 'failuresInRow', 1)
  redis.call('HSETNX', lane, 'failingSince', now)
  redis.call('HSET', lane, 'failure', failure)
  local l = redis.call('HMGET', lane, 'openUntil', 'openings', 'failingSince', 'warned', 'disabledAt')
  if l[5] then return 0, '' end
  if gone then return 0, disable(failure) end
  if tonumber(l[1] or 0) <= now and failures >= tonumber(inRow) then
    local openings = tonumber(l[2] or 0)
    redis.call('HSET', lane, 'openUntil', now + math.min(openMs * 2 ^ openings, longestMs), 'openings', openings + 1)
  end
  if failures < tonumber(inRow) then return 0, '' end
  local percent = (now - l[3]) * 100 / disableMs
  if percent >= 100 then return 0, disable(failure) end
  for _, step in ipairs({ 90, 70, 50 }) do
    if percent >= step then
      if step <= tonumber(l[4] or 0) then return 0, '' end
      redis.call('HSET', lane, 'warned', step)
      return step, ''
    end
  end
  return 0, ''
end

local replies, warn, disabled = {}, 0, ''
for at = 12, #ARGV, 7 do
  local feedId, id, lease, kind, nextInMs, failure, try = unpack(ARGV, at, at + 6)
  local held = tonumber(redis.call('ZSCORE', busy, feedId) or 0) == tonumber(lease)
  local reply = 'late'
  if held then redis.call('ZREM', busy, feedId) end
  if kind == 'delivered' then
    note(id, try)
    delivered(feedId)
    reply = 'delivered'
  elseif held and kind == 'interrupted' then
    redis.call('ZADD', due, now, feedId)
    reply = 'interrupted'
  elseif held then
    note(id, try)
    if nextInMs ~= '' then
      redis.call('HINCRBY', tried, feedId, 1)
      redis.call('ZADD', due, now + nextInMs, feedId)
      reply = 'retry'
    else
      redis.call('HDEL', tried, feedId)
      redis.call('ZADD', dead, now, feedId)
      reply = 'dead'
    end
    local percent, reason = failed(failure, kind == 'gone')
    if percent > 0 then warn = percent end
    if reason ~= '' then disabled = reason end
  end
  replies[#replies + 1] = reply
end
trim(done, doneMost)
trim(dead, deadMost)
local allowed = places_of(lane, places)
local since = tonumber(redis.call('HGET', lane, 'failingSince') or 0)
return { replies, wake_at(wake, endpoint, lane, due, busy, head, allowed, lostMs), warn, disabled, since }
