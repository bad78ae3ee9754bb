-- Picks the batch items whose turn it is, so that BullMQ's queue holds `window` jobs, and takes the lock for handing them over.
-- Start-time fair queuing: the waiting application with the smallest start tag goes next, and its tag advances by 1/share; within an
-- application, the oldest batch goes first. This script only picks: turns-taken.lua takes the items, in one transaction with
-- BullMQ's jobs.
-- KEYS  turns, fair, the lock, BullMQ's wait, paused and prioritized
-- ARGV  base of the connection's keys, window, maximum number of items, ms that the lock holds, number of keys from which
--       the caller can derive JobIds, those keys, then application, share, ...
-- Returns {'empty', {missing key, ...}} | {'full'} | {'busy'} |
--       {'turns', {missing key, ...}, virtual time, {application, tag, ...}, {BatchId, application, key, createdAt, {index, print in hex, ...}, ...}}
-- A batch whose JobIds come from a key that the caller lacks is skipped, and keeps waiting.
local turns, fair, turning, wait, paused, prioritized = unpack(KEYS)
local base, window, atMost, lockMs, keysCount = unpack(ARGV, 1, 5)

if redis.call('EXISTS', turns) == 0 then return { 'empty', {} } end
local room = window - redis.call('LLEN', wait) - redis.call('LLEN', paused) - redis.call('ZCARD', prioritized)
if room <= 0 then return { 'full' } end
room = math.min(room, tonumber(atMost))
if not redis.call('SET', turning, '1', 'NX', 'PX', lockMs) then return { 'busy' } end

local CHUNK = 4096
local has_key, missing, missed = {}, {}, {}
local first_share = 6 + keysCount
for at = 6, first_share - 1 do has_key[ARGV[at]] = true end
local shares = {}
for at = first_share, #ARGV, 2 do
  local application, share = unpack(ARGV, at, at + 1)
  shares[application] = tonumber(share)
end

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
local tags = redis.call('ZRANGE', turns, 0, -1, 'WITHSCORES')
for i = 1, #tags, 2 do lines[#lines + 1] = { application = tags[i], tag = tonumber(tags[i + 1]), rank = 0 } end

local picked, order = {}, {}
-- Whether the caller can derive the JobIds of a batch; also true for a batch that is gone, so that it leaves the backlog.
local function is_usable(key)
  if not key or has_key[key] then return true end
  if not missed[key] then missing[#missing + 1] = key end
  missed[key] = true
  return false
end

-- The oldest of an application's batches, after the first `rank`, whose JobIds the caller can derive.
local function enter_batch(line, backlog)
  while true do
    local batchId = redis.call('ZRANGE', backlog, line.rank, line.rank)[1]
    if not batchId then return nil end
    local stored = redis.call('HMGET', base .. ':batch:' .. batchId, 'next', 'key')
    if is_usable(stored[2]) then
      line.from = tonumber(stored[1] or 0)
      return batchId
    end
    line.rank = line.rank + 1
    line.passed = true
  end
end

-- The next item of an application's batches, oldest first. A batch without waiting items leaves the backlog, unless its last
-- ones were picked in this round: the next round will see that.
local function next_item(line)
  local backlog = base .. ':backlog:' .. line.application
  while true do
    line.batch = line.batch or enter_batch(line, backlog)
    if not line.batch then return nil end
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

local time
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
    time = best.tag
    best.tag = best.tag + 1 / (shares[best.application] or 1)
    room = room - 1
  else
    best.done = true
    if best.rank == 0 then
      redis.call('ZREM', turns, best.application)
      redis.call('HSET', fair, best.application, string.format('%.17g', best.tag))
    end
  end
end
if not time then
  redis.call('DEL', turning)
  return { 'empty', missing }
end
local newTags, batches = {}, {}
for _, line in ipairs(lines) do
  -- it could not be served, and gets no credit for that when the key is back
  if line.done and line.passed then line.tag = math.max(line.tag, time) end
  newTags[#newTags + 1] = line.application
  newTags[#newTags + 1] = string.format('%.17g', line.tag)
end
for _, p in ipairs(order) do
  local b = redis.call('HMGET', base .. ':batch:' .. p[1], 'key', 'createdAt')
  local items = {}
  for _, index in ipairs(p[3]) do
    local print = redis.call('GETRANGE', base .. ':prints:' .. p[1], index * 8, index * 8 + 7)
    items[#items + 1] = index
    items[#items + 1] = string.gsub(print, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
  end
  for _, value in ipairs({ p[1], p[2], b[1] or '', b[2] or '', items }) do batches[#batches + 1] = value end
end
return { 'turns', missing, string.format('%.17g', time), newTags, batches }
