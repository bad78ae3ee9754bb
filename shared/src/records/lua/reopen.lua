-- Opens a new round of attempts: the old outcome goes to the history, the payload gets a new term, the count starts anew.
-- A round that ended in doubt hands its doubt on, so that the new one asks the EMR before it sends anything.
-- A batch item waits for its turn again; what BullMQ still has of its ended job would keep the new one out.
-- KEYS  outcome, dispatch, payload, pending, history, idempotency, depth, then BullMQ's own hash of the job, or for a batch item its batch, items, prints, rejections,
--       turns, fair, backlog of the application, and BullMQ's completed, failed and the job's own hash
-- ARGV  JobId, ms to the deadline, ms to keep the payload, ms to keep the history, application, and for a batch item its BatchId,
--       index and the ms to keep the batch
-- Gives 'reopened' | 'lined up' (a batch item: it is not to be queued by the caller) | 'unfinished' | 'erased' | the status that cannot be retried
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
-- in doubt it is kept until the outcome, as begin.lua does
if old[1] == 'OutcomeUnknown' then redis.call('PERSIST', KEYS[3]) else redis.call('PEXPIRE', KEYS[3], ARGV[3]) end
-- BullMQ's count of the times that the job lost its worker, and what it made of that: 1 leaves no more of it than what keeps the job in quarantine
local queued = KEYS[ARGV[6] and 17 or 8]
if redis.call('HDEL', queued, 'defa') + redis.call('HEXISTS', queued, 'stc') > 0 then redis.call('HSET', queued, 'stc', 1) end
redis.call('PEXPIRE', KEYS[6], ARGV[3])
redis.call('UNLINK', KEYS[1])
redis.call('ZADD', KEYS[4], now + ARGV[2], ARGV[1])
redis.call('HINCRBY', KEYS[7], ARGV[5], 1)
if ARGV[6] then
  local index = tonumber(ARGV[7])
  local state = redis.call('GETRANGE', KEYS[9], index, index)
  if state == '' then return 'reopened' end
  redis.call('SETRANGE', KEYS[9], index, 'q')
  redis.call('HINCRBY', KEYS[8], state, -1)
  redis.call('HINCRBY', KEYS[8], 'q', 1)
  local batch = redis.call('HMGET', KEYS[8], 'createdAt', 'next', 'finishedAt')
  if tonumber(batch[2] or 0) > index then redis.call('HSET', KEYS[8], 'next', index) end
  if batch[3] then redis.call('HSET', KEYS[8], 'round', (redis.call('HGET', KEYS[8], 'round') or 1) + 1) end
  redis.call('HDEL', KEYS[8], 'finishedAt', 'cancelledAt')
  redis.call('HSET', KEYS[8], 'updatedAt', now)
  for i = 8, 11 do redis.call('PEXPIRE', KEYS[i], ARGV[8]) end
  if redis.call('ZREM', KEYS[15], ARGV[1]) + redis.call('ZREM', KEYS[16], ARGV[1]) > 0 then redis.call('UNLINK', KEYS[17]) end
  line_up(KEYS[12], KEYS[13], KEYS[14], ARGV[5], ARGV[6], batch[1])
  return 'lined up'
end
return 'reopened'
