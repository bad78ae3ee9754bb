-- Opens a new round of attempts: the old outcome moves to the history, the payload gets a new term, and attempts start at 0.
-- A round that ended in doubt passes the doubt on, so that the new one asks the EMR before it sends anything.
-- A batch item waits for its turn again; BullMQ's record of its ended job is removed, since it would block the new one.
-- KEYS  outcome, dispatch, payload, pending, history, idempotency (of a key that was used before 2026-11-28), depth, and for a batch item
--       its batch, items, prints, rejections, turns, fair, backlog of the application, and BullMQ's completed, failed and the job's own hash;
--       and for every job, last: cancelling, BullMQ's hash of the job, reopened
-- ARGV  JobId, ms to the deadline, ms to keep the payload, ms to keep the history, application, and for a batch item its BatchId and
--       index
-- Returns 'reopened' | 'lined up' (a batch item: the caller must not queue it) | 'unfinished' | 'succeeded' | 'erased' |
--       'cancelling' (its batch is being cancelled)
local old = redis.call('HMGET', KEYS[1], 'status', 'statusCode', 'finishedAt', 'attempts', 'round', 'mark', 'sentAt', 'key', 'firstSentAt')
if not old[1] then return 'unfinished' end
if old[1] == 'Succeeded' then return 'succeeded' end
if redis.call('EXISTS', KEYS[3]) == 0 then return 'erased' end
if ARGV[6] then
  local batch = redis.call('HMGET', KEYS[8], 'cancelledAt', 'finishedAt')
  if batch[1] and not batch[2] then return 'cancelling' end
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('RPUSH', KEYS[5], cjson.encode({ Round = tonumber(old[5]), Status = old[1], StatusCode = tonumber(old[2]), FinishedAt = tonumber(old[3]), Attempts = tonumber(old[4]) }))
redis.call('PEXPIRE', KEYS[5], ARGV[4])
redis.call('HSET', KEYS[2], 'round', old[5] + 1, 'attempt', 0, 'sentAt', old[7])
if old[9] then redis.call('HSET', KEYS[2], 'firstSentAt', old[9]) end
if old[1] == 'OutcomeUnknown' then redis.call('HSET', KEYS[2], 'state', 'unknown') end
-- in doubt the payload is kept until the outcome, as in begin.lua
if old[1] == 'OutcomeUnknown' then redis.call('PERSIST', KEYS[3]) else redis.call('PEXPIRE', KEYS[3], ARGV[3]) end
local idempotency = KEYS[6]
if old[8] then
  redis.call('HSET', KEYS[2], 'key', old[8])
  idempotency = string.sub(KEYS[6], 1, -#ARGV[1] - 1) .. old[8]
end
redis.call('PERSIST', idempotency)
redis.call('UNLINK', KEYS[1])
-- BullMQ's count of lost workers, and its reason to fail the job: a count of 1 keeps only the quarantine
local queued = KEYS[#KEYS - 1]
if redis.call('HDEL', queued, 'defa') + redis.call('HEXISTS', queued, 'stc') > 0 then redis.call('HSET', queued, 'stc', 1) end
-- otherwise, if nobody queues the job, the sweep would take it for one set aside in this round
redis.call('HDEL', queued, 'failedReason')
redis.call('HINCRBY', KEYS[7], ARGV[5], redis.call('ZADD', KEYS[4], now + ARGV[2], ARGV[1]))
if ARGV[6] then
  local index = tonumber(ARGV[7])
  local state = redis.call('GETRANGE', KEYS[9], index, index)
  if state == '' then
    redis.call('ZADD', KEYS[#KEYS], now, ARGV[1])
    return 'reopened'
  end
  redis.call('SETRANGE', KEYS[9], index, 'q')
  redis.call('HINCRBY', KEYS[8], state, -1)
  redis.call('HINCRBY', KEYS[8], 'q', 1)
  local batch = redis.call('HMGET', KEYS[8], 'createdAt', 'next', 'finishedAt')
  if tonumber(batch[2] or 0) > index then redis.call('HSET', KEYS[8], 'next', index) end
  if batch[3] then redis.call('HSET', KEYS[8], 'round', (redis.call('HGET', KEYS[8], 'round') or 1) + 1) end
  -- the cancel of the batch has ended: nothing is left to cancel
  redis.call('HDEL', KEYS[8], 'finishedAt', 'cancelledAt')
  redis.call('ZREM', KEYS[#KEYS - 2], ARGV[6])
  redis.call('HSET', KEYS[8], 'updatedAt', now)
  keep_batch(KEYS[8], ARGV[6])
  if redis.call('ZREM', KEYS[15], ARGV[1]) + redis.call('ZREM', KEYS[16], ARGV[1]) > 0 then
    redis.call('UNLINK', KEYS[17])
  elseif redis.call('EXISTS', KEYS[17]) == 1 then
    -- a worker is just removing the old job, and BullMQ accepts no new job of this id before that
    redis.call('ZADD', KEYS[#KEYS], now, ARGV[1])
  end
  line_up(KEYS[12], KEYS[13], KEYS[14], ARGV[5], ARGV[6], batch[1])
  return 'lined up'
end
redis.call('ZADD', KEYS[#KEYS], now, ARGV[1])
return 'reopened'
