-- Ends the doubt about a job: what a person found out replaces the outcome 'OutcomeUnknown', as the outcome of a round of its own.
-- KEYS  outcome, payload, history, outbox
-- ARGV  base of the connection's keys, JobId, new status ('Succeeded' or 'Failed'), its seed code, sealed result, ms to keep the outcome,
--       '1' to announce, channel, letter of an item's new state
-- Returns 'resolved' | 'not in doubt'
local outcome, payload, history, outbox = unpack(KEYS)
local base, jobId, status, statusCode, result, keptMs, announce, channel, letter = unpack(ARGV, 1, 9)

local old = redis.call('HMGET', outcome, 'status', 'statusCode', 'finishedAt', 'attempts', 'round', 'application', 'BatchId', 'ItemIndex', 'key')
if old[1] ~= 'OutcomeUnknown' then return 'not in doubt' end
local application, batchId, index = old[6], old[7], old[8]
redis.call('RPUSH', history, cjson.encode({ Round = tonumber(old[5]), Status = old[1], StatusCode = tonumber(old[2]), FinishedAt = tonumber(old[3]), Attempts = tonumber(old[4]) }))
redis.call('PEXPIRE', history, keptMs)
redis.call('HSET', outcome, 'status', status, 'statusCode', statusCode, 'finishedAt', now, 'round', old[5] + 1, 'result', result)
redis.call('PEXPIRE', outcome, keptMs)
redis.call('PEXPIRE', base .. ':idempotency:' .. (old[9] or jobId), keptMs)
redis.call('ZREM', base .. ':ended:OutcomeUnknown', jobId)
redis.call('ZREM', base .. ':ended:OutcomeUnknown:' .. application, jobId)
if status == 'Succeeded' then
  redis.call('UNLINK', payload)
else
  redis.call('ZADD', base .. ':ended:' .. status, now, jobId)
  redis.call('ZADD', base .. ':ended:' .. status .. ':' .. application, now, jobId)
end
if announce == '1' then
  local event = {
    JobId = jobId, Round = old[5] + 1, At = now, Status = status, StatusCode = tonumber(statusCode),
    Application = application, BatchId = batchId or nil,
  }
  redis.call('XADD', outbox, '*', 'event', cjson.encode(event))
end
if batchId and index then
  local batch, items = base .. ':batch:' .. batchId, base .. ':items:' .. batchId
  if redis.call('GETRANGE', items, index, index) == 'u' then
    redis.call('SETRANGE', items, index, letter)
    redis.call('HINCRBY', batch, 'u', -1)
    redis.call('HINCRBY', batch, letter, 1)
    redis.call('HSET', batch, 'updatedAt', now)
  end
end
redis.call('PUBLISH', channel, jobId)
return 'resolved'
