-- Writes the outcomes of some jobs: the terminal state of each in its round. In the same step the payload is erased (or gets its term),
-- the job leaves the pending set and, unless it succeeded, enters the lists of ended jobs, the webhook's event enters the outbox and waiting
-- clients are notified.
-- KEYS  pending, outbox, depth, moves
-- ARGV  base of the connection's keys, channel, ms to keep outcomes, the highest count of moves that the caller has seen, ms for which a request
--       may be repeated under its Idempotency-Key after the store has forgotten it (moves.lua), then per job: JobId, guard, ms to keep the payload (0 = erase
--       now), '1' to announce, application, BatchId and index in it (else '', ''), letter of an item's new state, status, seed
--       code, createdAt, maxAttempts, '1' if recovered, sealed result, and for an EMR that knows no correlation key the claims on the
--       encounter, with commas between them
-- guard '' writes in any case; 'undispatched' only if the job was surely never sent to the EMR, also not in what the store forgot; 'cancelledWithBatch' the same, and only
-- while its batch is cancelled; 'round.attempt' only while that is the newest attempt: an earlier one that failed does not end the job.
-- No job expires before its deadline: a Retry may have set a new one since the caller saw it overdue
-- Returns for each job 'recorded' | 'already' | 'dispatched' | 'superseded' | 'unaccepted' | 'claimed' (this encounter
-- was reported to another job) | an error, which is that job's alone, and then the count of moves
local pending, outbox, depth, moves = unpack(KEYS)
local base, channel, keptMs, seen, repeatMs = unpack(ARGV, 1, 5)

local count = move(moves, pending, seen, now)
local is_suspected = suspicion(moves, base, repeatMs, now)

-- by application; `counted`: those that a running recount has already counted (recount.lua)
local ended, counted = {}, {}
-- answers that speak for the EMR, for the breaker and the hold after a 429
local good = 0
local countedTo = tonumber(redis.call('HGET', base .. ':recount', 'to') or -math.huge)

local function finish(at)
  local jobId, guard, payloadMs, announce, application, batchId, index, letter, status, statusCode,
    createdAt, maxAttempts, recovered, result, claims = unpack(ARGV, at, at + 14)
  local outcome, dispatch, payload = base .. ':outcome:' .. jobId, base .. ':dispatch:' .. jobId, base .. ':payload:' .. jobId
  local deadline = tonumber(redis.call('ZSCORE', pending, jobId))
  if not deadline then
    return redis.call('EXISTS', outcome) == 1 and 'already' or 'unaccepted'
  end
  local mark = redis.call('HMGET', dispatch, 'state', 'attempt', 'round', 'sentAt', 'doubt', 'key', 'firstSentAt', 'asked')
  if mark[5] then mark[1] = 'unknown' end
  if guard == 'cancelledWithBatch' then
    if redis.call('HEXISTS', base .. ':batch:' .. batchId, 'cancelledAt') == 0 then return 'superseded' end
    guard = 'undispatched'
  end
  if guard == 'undispatched' then
    if mark[1] == 'dispatching' or mark[1] == 'unknown' then return 'dispatched' end
    if is_suspected(deadline, batchId, mark[6], mark[3], mark[8]) then return 'dispatched' end
  end
  if status == 'Expired' and deadline > now then return 'superseded' end
  if string.find(guard, '.', 1, true) and guard ~= (mark[3] or '1') .. '.' .. (mark[2] or '0') then return 'superseded' end
  for hash in string.gmatch(claims, '[^,]+') do
    local owner = redis.call('GET', base .. ':claim:' .. hash)
    if owner and owner ~= jobId then return 'claimed' end
  end
  for hash in string.gmatch(claims, '[^,]+') do redis.call('SET', base .. ':claim:' .. hash, jobId, 'PX', keptMs) end
  local fields = {
    'finishedAt', now, 'attempts', mark[2] or 0, 'round', mark[3] or 1, 'mark', mark[1] or '', 'sentAt', mark[4] or 0,
    'status', status, 'statusCode', statusCode, 'application', application, 'createdAt', createdAt,
    'maxAttempts', maxAttempts, 'recovered', recovered == '1' and 1 or 0, 'result', result,
  }
  for name, value in pairs({ BatchId = batchId, ItemIndex = index, key = mark[6] or '', firstSentAt = mark[7] or '' }) do
    if value ~= '' then
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
  end
  if status == 'Succeeded' then good = good + 1 end
  redis.call('HSET', outcome, unpack(fields))
  redis.call('PEXPIRE', outcome, keptMs)
  redis.call('ZREM', pending, jobId)
  if status ~= 'Succeeded' then
    redis.call('ZADD', base .. ':ended:' .. status, now, jobId)
    redis.call('ZADD', base .. ':ended:' .. status .. ':' .. application, now, jobId)
  end
  ended[application] = (ended[application] or 0) + 1
  if deadline <= countedTo then counted[application] = (counted[application] or 0) + 1 end
  if payloadMs == '0' then
    redis.call('UNLINK', dispatch, payload)
  else
    redis.call('UNLINK', dispatch)
    redis.call('PEXPIRE', payload, payloadMs)
  end
  redis.call('PEXPIRE', base .. ':idempotency:' .. (mark[6] or jobId), keptMs)
  if announce == '1' then
    -- as JSON without its names (outbox.ts): there is one for each job. Nothing in it needs to be escaped
    redis.call('XADD', outbox, '*', 'event', string.format('["%s",%d,%.0f,"%s",%d,"%s"%s]', jobId, mark[3] or 1, now, status, statusCode, application,
      batchId ~= '' and ',"' .. batchId .. '"' or ''))
  end
  if batchId ~= '' and index ~= '' then
    local batch, items = base .. ':batch:' .. batchId, base .. ':items:' .. batchId
    local state = redis.call('GETRANGE', items, index, index)
    if state == 'q' or state == 't' then
      redis.call('SETRANGE', items, index, letter)
      redis.call('HINCRBY', batch, state, -1)
      redis.call('HINCRBY', batch, letter, 1)
      redis.call('HSET', batch, 'updatedAt', now)
      end_batch(batch, outbox, batchId, announce == '1', channel, now, keptMs)
    end
  end
  redis.call('PUBLISH', channel, jobId)
  return 'recorded'
end

local replies = {}
for at = 6, #ARGV, 15 do replies[#replies + 1] = each(finish, at) end
if good > 0 then
  redis.call('HINCRBY', base .. ':calls', 'good', good)
  redis.call('HDEL', base .. ':calls', 'inRow', 'busy')
end
for application, count in pairs(ended) do
  -- jobs accepted before counts were kept must not make it negative
  if redis.call('HINCRBY', depth, application, -count) < 0 then redis.call('HSET', depth, application, 0) end
end
for application, count in pairs(counted) do redis.call('HINCRBY', base .. ':recount', 'of:' .. application, -count) end
replies[#replies + 1] = count
return replies
