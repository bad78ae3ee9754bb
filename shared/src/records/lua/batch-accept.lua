-- Stores consecutive items of a batch: their payloads, states and prints, and the batch itself with the first of them. An item
-- that is already known must be unchanged, and is not counted again.
-- KEYS  batch, items, prints, rejections, pending, jobs of the application, depth, turns, fair, backlog of the application,
--       then the payload of each item that is valid
-- ARGV  application, BatchId, what JobIds come from (item-records.ts), index of the first item, ms to the deadline,
--       ms to keep payloads, ms to keep the batch once nothing waits, maximum number of rejections to keep, the batch-key's record or '',
--       then per item: 'q', print, JobId, sealed payload; or 'r', print, '', the sealed rejection or ''
-- Returns {'accepted', new jobs, new rejections} | {'differs', index} | {'cancelled'} | {'closed', items}: the upload was complete |
--         {'abandoned', items}: nothing was uploaded for too long, so it was closed
local batch = redis.call('HMGET', KEYS[1], 'createdAt', 'cancelledAt', 'receivedAt', 'abandonedAt', 'uploadedAt')
if batch[2] then return { 'cancelled' } end
local first = tonumber(ARGV[4])
local lines = redis.call('STRLEN', KEYS[2])
local count = (#ARGV - 9) / 4
if first > lines then return redis.error_reply('items of a batch are missing before those given') end
local known = math.min(lines - first, count)
if known > 0 then
  local prints = redis.call('GETRANGE', KEYS[3], first * 8, (first + known) * 8 - 1)
  for i = 1, known do
    if string.sub(prints, i * 8 - 7, i * 8) ~= ARGV[5 + i * 4 + 2] then return { 'differs', first + i - 1 } end
  end
end
if known == count then return { 'accepted', 0, 0 } end
if batch[3] then return { batch[4] and 'abandoned' or 'closed', lines } end
local base = string.sub(KEYS[1], 1, -#('batch:' .. ARGV[2]) - 1)

local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local states, prints, pending, jobs = {}, {}, {}, {}
local rejected, payload = 0, 10
for i = 1, count do
  local at = 5 + i * 4
  local state, jobId = ARGV[at + 1], ARGV[at + 3]
  if state == 'q' then payload = payload + 1 end
  if i > known then
    states[#states + 1] = state
    prints[#prints + 1] = ARGV[at + 2]
    if state == 'q' then
      redis.call('SET', KEYS[payload], ARGV[at + 4], 'PX', ARGV[6])
      pending[#pending + 1] = now + ARGV[5]
      pending[#pending + 1] = jobId
      jobs[#jobs + 1] = now
      jobs[#jobs + 1] = jobId
    else
      rejected = rejected + 1
      if ARGV[at + 4] ~= '' and redis.call('HLEN', KEYS[4]) < tonumber(ARGV[8]) then
        redis.call('HSET', KEYS[4], first + i - 1, ARGV[at + 4])
      end
    end
  end
end
local accepted = #pending / 2
redis.call('APPEND', KEYS[2], table.concat(states))
redis.call('APPEND', KEYS[3], table.concat(prints))
if not batch[1] then
  batch[1] = now
  redis.call('HSET', KEYS[1], 'application', ARGV[1], 'key', ARGV[3], 'createdAt', now)
  if ARGV[9] ~= '' then
    redis.call('HSET', KEYS[1], 'idempotency', ARGV[9])
    redis.call('SET', base .. 'batch-key:' .. ARGV[9], ARGV[2])
  end
end
redis.call('HSET', KEYS[1], 'updatedAt', now, 'uploadedAt', now)
if not batch[5] then redis.call('ZADD', base .. 'receiving', now, ARGV[2]) end
if rejected > 0 then redis.call('HINCRBY', KEYS[1], 'r', rejected) end
if accepted > 0 then
  redis.call('HINCRBY', KEYS[1], 'q', accepted)
  redis.call('ZADD', KEYS[6], unpack(jobs))
  -- an item whose batch record was lost may already be pending, and is counted once
  redis.call('HINCRBY', KEYS[7], ARGV[1], redis.call('ZADD', KEYS[5], unpack(pending)))
  line_up(KEYS[8], KEYS[9], KEYS[10], ARGV[1], ARGV[2], batch[1])
end
local open = redis.call('HMGET', KEYS[1], 'q', 't')
local waits = tonumber(open[1] or 0) + tonumber(open[2] or 0) > 0
keep_batch(KEYS[1], ARGV[2], not waits and ARGV[7] or nil)
return { 'accepted', accepted, rejected }
