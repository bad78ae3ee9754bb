-- Asks leave to call the EMR for a job, and marks the call before it is made.
-- KEYS  outcome, dispatch, payload, pending, breaker
-- ARGV  JobId, the attempt that the caller goes on from (or ''), 'absent' if it made sure that the EMR has nothing of it, else 'resend'
-- Each call is named by its round and attempt.
-- Gives {'finished'} | {'unaccepted'} | {'parked', ms} | {'erased'} | {'expired', doubt}
--     | {'dangling', round, attempt, payload, ms to the deadline, probing, 'dispatching' or 'unknown', ms since it was sent or ended, seed code or ''}
--     | {'go', round, attempt, payload, ms to the deadline, probing, doubt}
-- doubt is 1 when an earlier attempt of the round may have reached the EMR and nothing has settled that
-- probing is 1 while the breaker waits for one good answer before it closes
if redis.call('EXISTS', KEYS[1]) == 1 then return { 'finished' } end
local deadline = redis.call('ZSCORE', KEYS[4], ARGV[1])
if not deadline then return { 'unaccepted' } end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local openUntil = tonumber(redis.call('HGET', KEYS[5], 'openUntil') or 0)
if openUntil > now then return { 'parked', openUntil - now } end
local probing = openUntil > 0 and 1 or 0
local payload = redis.call('GET', KEYS[3])
if not payload then return { 'erased' } end
local mark = redis.call('HMGET', KEYS[2], 'state', 'attempt', 'sentAt', 'code', 'doubt', 'endedAt', 'round')
local round = tonumber(mark[7] or 1)
local left = math.floor(deadline - now)
local dangling = mark[1] == 'dispatching' or mark[1] == 'unknown'
if dangling and ARGV[2] ~= mark[2] then
  return { 'dangling', round, tonumber(mark[2]), payload, left, probing, mark[1], now - (mark[6] or mark[3]), mark[4] or '' }
end
local doubt = mark[5] and 1 or 0
if dangling and ARGV[3] == 'resend' then
  doubt = 1
  redis.call('HSET', KEYS[2], 'doubt', 1)
elseif dangling then
  doubt = 0
  redis.call('HSET', KEYS[2], 'state', 'rejected')
  redis.call('HDEL', KEYS[2], 'doubt')
end
if left <= 0 then return { 'expired', doubt } end
local attempt = redis.call('HINCRBY', KEYS[2], 'attempt', 1)
redis.call('HSET', KEYS[2], 'state', 'dispatching', 'sentAt', now)
redis.call('HDEL', KEYS[2], 'nextAttemptAt', 'endedAt')
local keptMs = redis.call('PTTL', KEYS[3])
-- -1: a payload that was restored without its term; the mark must not be gone at once
if keptMs > 0 then redis.call('PEXPIRE', KEYS[2], keptMs) end
return { 'go', round, attempt, payload, left, probing, doubt }
