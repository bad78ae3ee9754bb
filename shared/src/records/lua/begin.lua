-- Requests permission to call the EMR for some jobs, and marks each call before it is made.
-- KEYS  pending, breaker, moves, logins, pace
-- ARGV  base of the connection's keys, the highest count of moves that the caller has seen, ms for which a request may be repeated under
--       its Idempotency-Key after the store has forgotten it, ms that a probe may take, ms from one call to the next, then per job: JobId, BatchId (or ''), the
--       attempt that the caller goes on from (or ''), 'absent' if it made sure that the EMR has nothing of it, else 'resend'
-- Each call is named by its round and attempt.
-- A job that may have been begun in what the store forgot (moves.lua) is begun as dangling, once.
-- Gives for each job {'finished'} | {'unaccepted'} | {'parked', ms} | {'erased', doubt} | {'expired', doubt, why it waits or ''} | {'cancelled'}: with its batch
--     | {'dangling', round, attempt, payload, ms to the deadline, probing, 'dispatching' or 'unknown', ms since it was sent or ended, seed code or '',
--        when the job's first attempt was sent or '', now (both by this clock; '' in a mark of a version that did not note it),
--        1 if it is only suspected to have been sent, ms to wait before the call}
--     | {'go', round, attempt, payload, ms to the deadline, probing, doubt, how often its calls were not taken in a row,
--        when it is sent as in the mark, ms to wait before the call} | an error, which is that job's alone
-- and then the version of what is known of refused logins (logins.ts), or '', and the count of moves
-- doubt is 1 when an earlier attempt of the round may have reached the EMR and nothing has settled that
-- probing is 1 while the breaker waits for one good answer before it closes: then one job at a time has leave, the probe
local pending, breaker, moves, logins, pace = unpack(KEYS)
local base, seen, repeatMs, probeMs, intervalMs = unpack(ARGV, 1, 5)

local LONGEST_WAIT_MS = 1000

local state = redis.call('HMGET', breaker, 'openUntil', 'probe', 'probeUntil')
local openUntil, probe, probeUntil = tonumber(state[1] or 0), state[2], tonumber(state[3] or 0)
local probing = openUntil > 0 and 1 or 0

local count = move(moves, pending, seen, now)
local is_suspected, generation, forgotAt = suspicion(moves, base, repeatMs, now)

local function take_probe(jobId)
  if probing == 0 then return end
  probe, probeUntil = jobId, now + probeMs
  redis.call('HSET', breaker, 'probe', jobId, 'probeUntil', probeUntil)
end

-- The rate of the fleet is smooth: each call has a moment of its own, so no second has more of them than the rate, wherever it begins.
local nextCallAt
local function wait_ms()
  nextCallAt = nextCallAt or tonumber(redis.call('GET', pace) or 0)
  return math.max(math.ceil(nextCallAt - now), 0)
end
local function take_moment()
  local wait = wait_ms()
  nextCallAt = math.max(nextCallAt, now) + intervalMs
  return wait
end

local function begin(at)
  local jobId, batchId, from, as = unpack(ARGV, at, at + 3)
  local deadline = redis.call('ZSCORE', pending, jobId)
  if not deadline then
    return { redis.call('EXISTS', base .. ':outcome:' .. jobId) == 1 and 'finished' or 'unaccepted' }
  end
  if openUntil > now then return { 'parked', openUntil - now } end
  if probing == 1 and probeUntil > now and probe ~= jobId then return { 'parked', probeUntil - now } end
  -- a job that would wait longer only holds up its worker
  if wait_ms() > LONGEST_WAIT_MS then return { 'parked', wait_ms() - LONGEST_WAIT_MS } end
  local payload = redis.call('GET', base .. ':payload:' .. jobId)
  local dispatch = base .. ':dispatch:' .. jobId
  local mark = redis.call('HMGET', dispatch, 'state', 'attempt', 'sentAt', 'code', 'doubt', 'endedAt', 'round', 'firstSentAt', 'key', 'asked',
    'waits', 'waitsFor')
  local round = tonumber(mark[7] or 1)
  local left = math.floor(deadline - now)
  if is_suspected(deadline, batchId, mark[9], mark[7], mark[10]) then
    -- also of a call that is recorded: the EMR may since have been asked, and another attempt have been made
    mark[1], mark[2], mark[3], mark[10] = 'unknown', mark[2] or '0', mark[3] or forgotAt, generation
    mark[6] = math.max(mark[6] or 0, forgotAt)
    redis.call('HSET', dispatch, 'state', mark[1], 'attempt', mark[2], 'sentAt', mark[3], 'endedAt', mark[6], 'asked', generation)
    redis.call('PERSIST', base .. ':payload:' .. jobId)
    from = ''
  end
  local suspected = mark[10] and mark[10] == generation
  local dangling = mark[1] == 'dispatching' or mark[1] == 'unknown'
  if not payload then
    local doubt = (dangling or mark[5]) and 1 or 0
    if left <= 0 and doubt == 0 then return { 'expired', 0, mark[12] or '' } end
    return { 'erased', doubt }
  end
  if dangling and from ~= mark[2] then
    local since = now - (mark[6] or mark[3])
    take_probe(jobId)
    return { 'dangling', round, tonumber(mark[2]), payload, left, probing, mark[1], since, mark[4] or '', mark[8] or '', now, suspected and 1 or 0,
      take_moment() }
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
  if left <= 0 then return { 'expired', doubt, mark[12] or '' } end
  take_probe(jobId)
  local wait = take_moment()
  local sentAt = now + wait
  local attempt = (mark[2] or 0) + 1
  -- an attempt that was not spent sent nothing; a round after the first one has had its first attempt
  local firstSentAt = attempt == 1 and not mark[7] and sentAt or mark[8]
  if firstSentAt then
    redis.call('HSET', dispatch, 'attempt', attempt, 'state', 'dispatching', 'sentAt', sentAt, 'firstSentAt', firstSentAt)
  else
    redis.call('HSET', dispatch, 'attempt', attempt, 'state', 'dispatching', 'sentAt', sentAt)
  end
  if mark[2] then redis.call('HDEL', dispatch, 'nextAttemptAt', 'endedAt', 'waitsFor') end
  -- until the outcome, however long that takes: without it nobody could ask the EMR any more
  if attempt == 1 then redis.call('PERSIST', base .. ':payload:' .. jobId) end
  return { 'go', round, attempt, payload, left, probing, doubt, tonumber(mark[11] or 0), sentAt, wait }
end

local replies = {}
for at = 6, #ARGV, 4 do replies[#replies + 1] = each(begin, at) end
if nextCallAt and nextCallAt > now then
  redis.call('SET', pace, string.format('%.3f', nextCallAt), 'PX', math.ceil(nextCallAt - now))
end
replies[#replies + 1] = redis.call('HGET', logins, 'version') or ''
replies[#replies + 1] = count
return replies
