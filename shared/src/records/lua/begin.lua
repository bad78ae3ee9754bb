-- Requests permission to call the EMR for some jobs, and marks each call before it is made.
-- KEYS  pending, breaker
-- ARGV  base of the connection's keys, then per job: JobId, BatchId (or ''), the
--       attempt that the caller goes on from (or ''), 'absent' if it made sure that the EMR has nothing of it, else 'resend'
-- Each call is named by its round and attempt.
-- Gives for each job {'finished'} | {'unaccepted'} | {'parked', ms} | {'erased', doubt} | {'expired', doubt} | {'cancelled'}: with its batch
--     | {'dangling', round, attempt, payload, ms to the deadline, probing, 'dispatching' or 'unknown', ms since it was sent or ended, seed code or '',
--        when the job's first attempt was sent or '', now}: both by this clock; '' in a mark of a version that did not note it
--     | {'go', round, attempt, payload, ms to the deadline, probing, doubt} | an error, which is that job's alone
-- doubt is 1 when an earlier attempt of the round may have reached the EMR and nothing has settled that
-- probing is 1 while the breaker waits for one good answer before it closes
local pending, breaker = unpack(KEYS)
local base = ARGV[1]

local openUntil = tonumber(redis.call('HGET', breaker, 'openUntil') or 0)
local probing = openUntil > 0 and 1 or 0

local function begin(at)
  local jobId, batchId, from, as = unpack(ARGV, at, at + 3)
  local deadline = redis.call('ZSCORE', pending, jobId)
  if not deadline then
    return { redis.call('EXISTS', base .. ':outcome:' .. jobId) == 1 and 'finished' or 'unaccepted' }
  end
  if openUntil > now then return { 'parked', openUntil - now } end
  local payload = redis.call('GET', base .. ':payload:' .. jobId)
  local dispatch = base .. ':dispatch:' .. jobId
  local mark = redis.call('HMGET', dispatch, 'state', 'attempt', 'sentAt', 'code', 'doubt', 'endedAt', 'round', 'firstSentAt')
  local round = tonumber(mark[7] or 1)
  local left = math.floor(deadline - now)
  local dangling = mark[1] == 'dispatching' or mark[1] == 'unknown'
  if not payload then
    local doubt = (dangling or mark[5]) and 1 or 0
    if left <= 0 and doubt == 0 then return { 'expired', 0 } end
    return { 'erased', doubt }
  end
  if dangling and from ~= mark[2] then
    local since = now - (mark[6] or mark[3])
    return { 'dangling', round, tonumber(mark[2]), payload, left, probing, mark[1], since, mark[4] or '', mark[8] or '', now }
  end
  local doubt = mark[5] and 1 or 0
  if dangling and as == 'resend' then
    doubt = 1
    redis.call('HSET', dispatch, 'doubt', 1)
  elseif dangling then
    doubt = 0
    redis.call('HSET', dispatch, 'state', 'rejected')
    redis.call('HDEL', dispatch, 'doubt')
  end
  if batchId ~= '' and doubt == 0 and redis.call('HEXISTS', base .. ':batch:' .. batchId, 'cancelledAt') == 1 then
    return { 'cancelled' }
  end
  if left <= 0 then return { 'expired', doubt } end
  local attempt = (mark[2] or 0) + 1
  -- an attempt that was not spent sent nothing; a round after the first one has had its first attempt
  local firstSentAt = attempt == 1 and not mark[7] and now or mark[8]
  if firstSentAt then
    redis.call('HSET', dispatch, 'attempt', attempt, 'state', 'dispatching', 'sentAt', now, 'firstSentAt', firstSentAt)
  else
    redis.call('HSET', dispatch, 'attempt', attempt, 'state', 'dispatching', 'sentAt', now)
  end
  if mark[2] then redis.call('HDEL', dispatch, 'nextAttemptAt', 'endedAt') end
  -- until the outcome, however long that takes: without it nobody could ask the EMR any more
  if attempt == 1 then redis.call('PERSIST', base .. ':payload:' .. jobId) end
  return { 'go', round, attempt, payload, left, probing, doubt }
end

local replies = {}
for at = 2, #ARGV, 4 do replies[#replies + 1] = each(begin, at) end
return replies
