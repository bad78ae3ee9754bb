-- Stores consecutive items of a batch: their payloads, states and prints, and the batch itself with the first of them. An item
-- that is already known must be unchanged, and is not counted again.
-- KEYS  batch, items, prints, rejections, pending, jobs of the application, depth, turns, fair, backlog of the application, receiving
-- ARGV  base of the connection's keys, application, BatchId, what JobIds come from (item-records.ts), index of the first item, ms to the deadline,
--       ms to keep payloads, ms to keep the batch once nothing waits, maximum number of rejections to keep, the batch-key's record or '',
--       then per item: 'q', print, JobId, sealed payload; or 'r', print, '', the sealed rejection or ''
-- Returns {'accepted', new jobs, new rejections} | {'differs', index} | {'cancelled'} | {'closed', items}: the upload was complete |
--         {'abandoned', items}: nothing was uploaded for too long, so it was closed
local batch, items, prints, rejections, pending, jobs, depth, turns, fair, backlog, receiving = unpack(KEYS)
local base, application, batchId, keyId, first, deadlineMs, payloadMs, resultMs, rejectionsAtMost, idempotency = unpack(ARGV, 1, 10)

local stored = redis.call('HMGET', batch, 'createdAt', 'cancelledAt', 'receivedAt', 'abandonedAt', 'uploadedAt')
if stored[2] then return { 'cancelled' } end
first = tonumber(first)
local lines = redis.call('STRLEN', items)
local count = (#ARGV - 10) / 4
if first > lines then return redis.error_reply('items of a batch are missing before those given') end
local known = math.min(lines - first, count)
if known > 0 then
  local knownPrints = redis.call('GETRANGE', prints, first * 8, (first + known) * 8 - 1)
  for i = 1, known do
    if string.sub(knownPrints, i * 8 - 7, i * 8) ~= ARGV[8 + i * 4] then return { 'differs', first + i - 1 } end
  end
end
if known == count then return { 'accepted', 0, 0 } end
if stored[3] then return { stored[4] and 'abandoned' or 'closed', lines } end

local newStates, newPrints, deadlines, ages = {}, {}, {}, {}
local rejected = 0
for at = 11 + known * 4, #ARGV, 4 do
  local state, print, jobId, sealed = unpack(ARGV, at, at + 3)
  newStates[#newStates + 1] = state
  newPrints[#newPrints + 1] = print
  if state == 'q' then
    redis.call('SET', base .. ':payload:' .. jobId, sealed, 'PX', payloadMs)
    deadlines[#deadlines + 1] = now + deadlineMs
    deadlines[#deadlines + 1] = jobId
    ages[#ages + 1] = now
    ages[#ages + 1] = jobId
  else
    rejected = rejected + 1
    if sealed ~= '' and redis.call('HLEN', rejections) < tonumber(rejectionsAtMost) then
      redis.call('HSET', rejections, first + (at - 11) / 4, sealed)
    end
  end
end
local accepted = #deadlines / 2
redis.call('APPEND', items, table.concat(newStates))
redis.call('APPEND', prints, table.concat(newPrints))
local createdAt = stored[1] or now
if not stored[1] then
  redis.call('HSET', batch, 'application', application, 'key', keyId, 'createdAt', now)
  if idempotency ~= '' then
    redis.call('HSET', batch, 'idempotency', idempotency)
    redis.call('SET', base .. ':batch-key:' .. idempotency, batchId)
  end
end
redis.call('HSET', batch, 'updatedAt', now, 'uploadedAt', now)
if not stored[5] then redis.call('ZADD', receiving, now, batchId) end
if rejected > 0 then redis.call('HINCRBY', batch, 'r', rejected) end
if accepted > 0 then
  redis.call('HINCRBY', batch, 'q', accepted)
  redis.call('ZADD', jobs, unpack(ages))
  -- an item whose batch record was lost may already be pending, and is counted once
  redis.call('HINCRBY', depth, application, redis.call('ZADD', pending, unpack(deadlines)))
  line_up(turns, fair, backlog, application, batchId, createdAt)
end
local open = redis.call('HMGET', batch, 'q', 't')
local waits = tonumber(open[1] or 0) + tonumber(open[2] or 0) > 0
keep_batch(batch, batchId, not waits and resultMs or nil)
return { 'accepted', accepted, rejected }
