-- Opens a new round of attempts: the old outcome moves to the history, the payload gets a new term, and attempts start at 0.
-- A round that ended in doubt passes the doubt on, so that the new one asks the EMR before it sends anything.
-- A batch item waits for its turn again; BullMQ's record of its ended job is removed, since it would block the new one.
-- KEYS  outcome, dispatch, payload, pending, history, depth, reopened, cancelling, turns, fair, backlog of the application, moves, and BullMQ's
--       completed, failed and its hash of the job
-- ARGV  base of the connection's keys, JobId, ms to the deadline, ms to keep the payload, ms to keep the history, application, and of a
--       batch item its BatchId and index, else '', and '1' if a person made sure that the EMR has nothing of a round that ended in doubt
-- Returns 'reopened' | 'lined up' (a batch item: the caller must not queue it) | 'unfinished' | 'succeeded' | 'erased' |
--       'cancelling' (its batch is being cancelled)
local outcome, dispatch, payload, pending, history, depth, reopened, cancelling, turns, fair, backlog, moves, completed, failed, queued = unpack(KEYS)
local base, jobId, deadlineMs, payloadMs, resultMs, application, batchId, index, absent = unpack(ARGV, 1, 9)

local batch, items = base .. ':batch:' .. batchId, base .. ':items:' .. batchId
local isItem = batchId ~= ''
local old = redis.call('HMGET', outcome, 'status', 'statusCode', 'finishedAt', 'attempts', 'round', 'mark', 'sentAt', 'key', 'firstSentAt')
if not old[1] then return 'unfinished' end
if old[1] == 'Succeeded' then return 'succeeded' end
if redis.call('EXISTS', payload) == 0 then return 'erased' end
if isItem then
  local cancel = redis.call('HMGET', batch, 'cancelledAt', 'finishedAt')
  if cancel[1] and not cancel[2] then return 'cancelling' end
end
redis.call('RPUSH', history, cjson.encode({ Round = tonumber(old[5]), Status = old[1], StatusCode = tonumber(old[2]), FinishedAt = tonumber(old[3]), Attempts = tonumber(old[4]) }))
redis.call('PEXPIRE', history, resultMs)
redis.call('HSET', dispatch, 'round', old[5] + 1, 'attempt', 0, 'sentAt', old[7])
if old[9] then redis.call('HSET', dispatch, 'firstSentAt', old[9]) end
local inDoubt = old[1] == 'OutcomeUnknown' and absent ~= '1'
if inDoubt then redis.call('HSET', dispatch, 'state', 'unknown') end
-- in doubt the payload is kept until the outcome, as in begin.lua
if inDoubt then redis.call('PERSIST', payload) else redis.call('PEXPIRE', payload, payloadMs) end
if old[8] then redis.call('HSET', dispatch, 'key', old[8]) end
-- a job that ended before the store forgot something may have been reopened, and sent, in what was forgotten (moves.lua)
local generation, forgotAt = unpack(redis.call('HMGET', moves, 'generation', 'forgotAt'))
if generation and (absent == '1' or tonumber(old[3]) > tonumber(forgotAt)) then redis.call('HSET', dispatch, 'asked', generation) end
-- of a key that was used before 2026-11-28 the record is named by the job
redis.call('PERSIST', base .. ':idempotency:' .. (old[8] or jobId))
redis.call('UNLINK', outcome)
redis.call('ZREM', base .. ':ended:' .. old[1], jobId)
redis.call('ZREM', base .. ':ended:' .. old[1] .. ':' .. application, jobId)
-- BullMQ's count of lost workers, and its reason to fail the job: a count of 1 keeps only the quarantine
if redis.call('HDEL', queued, 'defa') + redis.call('HEXISTS', queued, 'stc') > 0 then redis.call('HSET', queued, 'stc', 1) end
-- otherwise, if nobody queues the job, the sweep would take it for one set aside in this round
redis.call('HDEL', queued, 'failedReason')
redis.call('HINCRBY', depth, application, redis.call('ZADD', pending, now + deadlineMs, jobId))
if isItem then
  local state = redis.call('GETRANGE', items, index, index)
  if state == '' then
    redis.call('ZADD', reopened, now, jobId)
    return 'reopened'
  end
  redis.call('SETRANGE', items, index, 'q')
  redis.call('HINCRBY', batch, state, -1)
  redis.call('HINCRBY', batch, 'q', 1)
  local stored = redis.call('HMGET', batch, 'createdAt', 'next', 'finishedAt')
  if tonumber(stored[2] or 0) > tonumber(index) then redis.call('HSET', batch, 'next', index) end
  if stored[3] then redis.call('HSET', batch, 'round', (redis.call('HGET', batch, 'round') or 1) + 1) end
  -- the cancel of the batch has ended: nothing is left to cancel
  redis.call('HDEL', batch, 'finishedAt', 'cancelledAt')
  redis.call('ZREM', cancelling, batchId)
  redis.call('HSET', batch, 'updatedAt', now)
  keep_batch(batch, batchId)
  if redis.call('ZREM', completed, jobId) + redis.call('ZREM', failed, jobId) > 0 then
    redis.call('UNLINK', queued)
  elseif redis.call('EXISTS', queued) == 1 then
    -- a worker is just removing the old job, and BullMQ accepts no new job of this id before that
    redis.call('ZADD', reopened, now, jobId)
  end
  line_up(turns, fair, backlog, application, batchId, stored[1])
  return 'lined up'
end
redis.call('ZADD', reopened, now, jobId)
return 'reopened'
