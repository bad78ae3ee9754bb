-- Counts a call that speaks against the EMR, for the whole fleet, and opens the breaker if that is enough: when the share of such calls is
-- reached, or when so many in a row went without an answer. A probe that fails opens it again. Good answers are counted by finish.lua.
-- KEYS  breaker, calls
-- ARGV  '1' if the call was the probe, kind ('answered': a fault of the EMR, 'unanswered', 'unreachable'), ms to stay open, ms at most to
--       stay open when failed probes double it, fewest calls for a share, share in percent, number of calls in a row, ms of the window,
--       ms to keep the record of a breaker that nobody closes after its time
-- The share is that of the running window and the one before it.
-- Returns {'opened', ms, cause} | {'open'}: by another call | {'closed'}
local breaker, calls = unpack(KEYS)
local probe, kind, openMs, longestMs, minimumCalls, failurePercent, inRow, windowMs, graceMs = unpack(ARGV, 1, 9)

local open = redis.call('HMGET', breaker, 'openUntil', 'probes', 'cause')
local function hold(cause, probes)
  local forMs = math.max(math.min(openMs * 2 ^ probes, longestMs), tonumber(openMs))
  redis.call('HSET', breaker, 'openUntil', now + forMs, 'cause', cause, 'probes', probes)
  redis.call('HSETNX', breaker, 'since', now)
  redis.call('HDEL', breaker, 'probe', 'probeUntil')
  redis.call('PEXPIRE', breaker, forMs + graceMs)
  redis.call('UNLINK', calls)
  return { 'opened', forMs, cause }
end

if probe == '1' then return hold(open[3] or kind, (open[2] or 0) + 1) end
if open[1] then return { 'open' } end
local seen = redis.call('HMGET', calls, 'from', 'good', 'bad', 'wasGood', 'wasBad', 'inRow')
local from, good, bad, wasGood, wasBad, row = unpack(seen)
local age = now - (from or 0)
if age > 2 * windowMs then
  from, good, bad, wasGood, wasBad = now, 0, 0, 0, 0
elseif age > windowMs + 0 then
  from, good, bad, wasGood, wasBad = now, 0, 0, good or 0, bad or 0
end
bad = (bad or 0) + 1
row = kind == 'answered' and 0 or (row or 0) + 1
local failed = bad + (wasBad or 0)
local all = failed + (good or 0) + (wasGood or 0)
if all >= minimumCalls + 0 and failed * 100 >= all * failurePercent then return hold(kind == 'answered' and 'failures' or kind, 0) end
if row >= inRow + 0 then return hold(kind, 0) end
redis.call('HSET', calls, 'from', from, 'good', good or 0, 'bad', bad, 'wasGood', wasGood or 0, 'wasBad', wasBad or 0, 'inRow', row)
return { 'closed' }
