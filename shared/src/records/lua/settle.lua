-- Records the end of an attempt that will be followed by another one.
-- KEYS  outcome, dispatch
-- ARGV  call ('round.attempt'), state, ms to the next attempt, seed code, ms until the EMR can be taken to have stopped working on it,
--       of an unspent attempt why its call was not taken ('unreachable', 'busy') or '', and when the call was sent as in the mark, or ''
-- state 'rejected': the encounter surely does not exist in the EMR; 'unknown': it may; 'unspent': nothing was sent, the attempt does not count
-- Gives 1, or 0 if another process has continued with the job. An attempt that was not spent leaves its number to the next one, which a
-- repetition of its settlement, sent again after the connection was lost, must not touch: hence the time
local outcome, dispatch = unpack(KEYS)
local call, state, nextInMs, statusCode, endsInMs, waitsFor, sentAt = unpack(ARGV, 1, 7)

if redis.call('EXISTS', outcome) == 1 then return 0 end
local mark = redis.call('HMGET', dispatch, 'round', 'attempt', 'sentAt')
if (mark[1] or '1') .. '.' .. (mark[2] or '0') ~= call then return 0 end
if sentAt ~= '' and mark[3] ~= sentAt then return 0 end
if state == 'unspent' then
  redis.call('HINCRBY', dispatch, 'attempt', -1)
  redis.call('HDEL', dispatch, 'state')
  if waitsFor ~= '' then
    redis.call('HINCRBY', dispatch, 'waits', 1)
    redis.call('HSET', dispatch, 'waitsFor', waitsFor, 'nextAttemptAt', now + nextInMs)
  end
  return 1
end
redis.call('HDEL', dispatch, 'waits')
redis.call('HSET', dispatch, 'state', state, 'nextAttemptAt', now + nextInMs, 'code', statusCode)
if state == 'unknown' then redis.call('HSET', dispatch, 'endedAt', now + endsInMs) end
return 1
