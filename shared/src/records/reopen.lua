-- Opens a new round of attempts: the old outcome goes to the history, the payload gets a new term, the count starts anew.
-- A round that ended in doubt hands its doubt on, so that the new one asks the EMR before it sends anything.
-- KEYS  outcome, dispatch, payload, pending, history, idempotency
-- ARGV  JobId, ms to the deadline, ms to keep the payload, ms to keep the history
-- Gives 'reopened' | 'unfinished' | 'erased' | the status that cannot be retried
local old = redis.call('HMGET', KEYS[1], 'status', 'statusCode', 'finishedAt', 'attempts', 'round', 'mark', 'sentAt')
if not old[1] then return 'unfinished' end
if old[1] ~= 'Failed' and old[1] ~= 'OutcomeUnknown' then return old[1] end
if redis.call('EXISTS', KEYS[3]) == 0 then return 'erased' end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('RPUSH', KEYS[5], cjson.encode({ Round = tonumber(old[5]), Status = old[1], StatusCode = tonumber(old[2]), FinishedAt = tonumber(old[3]), Attempts = tonumber(old[4]) }))
redis.call('PEXPIRE', KEYS[5], ARGV[4])
redis.call('HSET', KEYS[2], 'round', old[5] + 1, 'attempt', 0, 'sentAt', old[7])
if old[1] == 'OutcomeUnknown' then redis.call('HSET', KEYS[2], 'state', 'unknown') end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
redis.call('PEXPIRE', KEYS[6], ARGV[3])
redis.call('UNLINK', KEYS[1])
redis.call('ZADD', KEYS[4], now + ARGV[2], ARGV[1])
return 'reopened'
