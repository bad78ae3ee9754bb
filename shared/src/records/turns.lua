-- Picks the batch items whose turn it is, so that BullMQ's queue holds `window` jobs, and takes the right to hand them over.
-- Start-time fair queuing: of the applications that wait, the one with the smallest start tag goes next, and its tag moves on
-- by 1/share; within an application, batches go by age. Nothing is decided yet: turns-taken.lua does that, in one
-- transaction with the jobs that BullMQ gets.
-- KEYS  turns, fair, the lock, BullMQ's wait, paused and prioritized
-- ARGV  base of the connection's keys, window, ms that the lock holds, then application, share, ...
-- Gives {'empty'} | {'full'} | {'busy'} |
--       {'turns', virtual time, {application, tag, ...}, {BatchId, application, key id, createdAt, {index, ...}, ...}}
if redis.call('EXISTS', KEYS[1]) == 0 then return { 'empty' } end
local room = tonumber(ARGV[2]) - redis.call('LLEN', KEYS[4]) - redis.call('LLEN', KEYS[5]) - redis.call('ZCARD', KEYS[6])
if room <= 0 then return { 'full' } end
if not redis.call('SET', KEYS[3], '1', 'NX', 'PX', ARGV[3]) then return { 'busy' } end

local CHUNK = 4096
local base = ARGV[1]
local shares = {}
for i = 4, #ARGV, 2 do shares[ARGV[i]] = tonumber(ARGV[i + 1]) end

-- the next waiting item of a batch at or after `from`
local function next_waiting(batchId, from)
  while true do
    local states = redis.call('GETRANGE', base .. ':items:' .. batchId, from, from + CHUNK - 1)
    local found = string.find(states, 'q', 1, true)
    if found then return from + found - 1 end
    if #states < CHUNK then return nil end
    from = from + CHUNK
  end
end

local lines = {}
local tags = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #tags, 2 do lines[#lines + 1] = { application = tags[i], tag = tonumber(tags[i + 1]), rank = 0 } end

local picked, order = {}, {}
-- The next item of an application's batches, oldest first. A batch that has none left leaves the backlog, unless its last
-- ones were picked just now: then that is for the next round to see.
local function next_item(line)
  local backlog = base .. ':backlog:' .. line.application
  while true do
    if not line.batch then
      line.batch = redis.call('ZRANGE', backlog, line.rank, line.rank)[1]
      if not line.batch then return nil end
      line.from = tonumber(redis.call('HGET', base .. ':batch:' .. line.batch, 'next') or 0)
    end
    local index = next_waiting(line.batch, line.from)
    if index then
      if not picked[line.batch] then redis.call('HSET', base .. ':batch:' .. line.batch, 'next', index) end
      line.from = index + 1
      return index
    end
    if picked[line.batch] then line.rank = line.rank + 1 else redis.call('ZREM', backlog, line.batch) end
    line.batch = nil
  end
end

local now
while room > 0 do
  local best
  for _, line in ipairs(lines) do
    if not line.done and (not best or line.tag < best.tag) then best = line end
  end
  if not best then break end
  local index = next_item(best)
  if index then
    local pick = picked[best.batch]
    if not pick then
      pick = { best.batch, best.application, {} }
      picked[best.batch] = pick
      order[#order + 1] = pick
    end
    table.insert(pick[3], index)
    now = best.tag
    best.tag = best.tag + 1 / (shares[best.application] or 1)
    room = room - 1
  else
    best.done = true
    if best.rank == 0 then
      redis.call('ZREM', KEYS[1], best.application)
      redis.call('HSET', KEYS[2], best.application, string.format('%.17g', best.tag))
    end
  end
end
if not now then
  redis.call('DEL', KEYS[3])
  return { 'empty' }
end
local newTags, batches = {}, {}
for _, line in ipairs(lines) do
  newTags[#newTags + 1] = line.application
  newTags[#newTags + 1] = string.format('%.17g', line.tag)
end
for _, p in ipairs(order) do
  local b = redis.call('HMGET', base .. ':batch:' .. p[1], 'key', 'createdAt')
  for _, value in ipairs({ p[1], p[2], b[1] or '', b[2] or '', p[3] }) do batches[#batches + 1] = value end
end
return { 'turns', string.format('%.17g', now), newTags, batches }
