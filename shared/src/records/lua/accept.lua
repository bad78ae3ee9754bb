-- Accepts simultaneous requests, each independently: stores the payload, adds the job to the pending set (by deadline) and to its
-- application's list (by age), and adds it to BullMQ's queue, all or nothing. `add_to_bullmq` is BullMQ's own script (scripts.ts).
-- With an Idempotency-Key it first checks whether the key is known under any configured sealing key. The record of a key names its job; it
-- has no TTL until the job has ended, and is valid while the job is pending or its outcome is kept.
-- Keys named by a JobId or an application are built here from the base: fewer bytes, and all of them are in the slot of KEYS.
-- KEYS  the nine of BullMQ's addStandardJob (the fifth is its completed jobs), failed, pending, depth
-- ARGV  base of the connection's keys, name of BullMQ's jobs, their options and their time (ms since the epoch), ms to the deadline,
--       ms to keep payloads, then per request: JobId, sealed payload, application, number of candidates, and per candidate, own
--       one first: name of the key's record, fingerprint
-- Gives per request 1, or {JobId, the fingerprint that was kept} if its key is known
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local base, name, at = ARGV[1] .. ':', ARGV[2], tonumber(ARGV[4])
local options = cmsgpack.pack(cjson.decode(ARGV[3]))
local deadline, keptMs = now + ARGV[5], ARGV[6]
local replies, of, accepted = {}, {}, {}

-- The job that a key's record names, and the fingerprint of its content. Before 2026-11-28 a record held the fingerprint alone, under its JobId.
local function job_of(record)
  local kept = redis.call('GET', base .. 'idempotency:' .. record)
  if not kept then return nil end
  local jobId, fingerprint = string.match(kept, '^(%w+) (.+)$')
  if not jobId then jobId, fingerprint = record, kept end
  if accepted[jobId] or redis.call('EXISTS', base .. 'outcome:' .. jobId) == 1 or redis.call('ZSCORE', KEYS[11], jobId) then
    return { jobId, fingerprint }
  end
end

local arg = 7
while arg <= #ARGV do
  local jobId, application, candidates = ARGV[arg], ARGV[arg + 2], tonumber(ARGV[arg + 3])
  local mine = of[application]
  if not mine then
    mine = { list = base .. 'jobs:' .. application, data = cjson.encode({ application = application }), deadlines = {}, ages = {} }
    of[application] = mine
  end
  local reply
  for i = arg + 4, arg + 2 + candidates * 2, 2 do
    reply = job_of(ARGV[i])
    if reply then break end
  end
  -- sent a second time, the connection having been lost before the answer came: the job may even have ended by now
  if not reply and candidates == 0 and redis.call('ZSCORE', mine.list, jobId) then reply = 1 end
  if not reply then
    reply = 1
    redis.call('SET', base .. 'payload:' .. jobId, ARGV[arg + 1], 'PX', keptMs)
    if candidates > 0 then
      -- the same JobId again is forgotten (retention was shorter for a while) but for what BullMQ, whose clean-up is lazy, has of it
      if redis.call('EXISTS', base .. jobId) == 1 and redis.call('ZREM', KEYS[5], jobId) + redis.call('ZREM', KEYS[10], jobId) > 0 then
        redis.call('UNLINK', base .. jobId)
      end
      redis.call('SET', base .. 'idempotency:' .. ARGV[arg + 4], jobId .. ' ' .. ARGV[arg + 5])
      -- for the script that ends the job, and gives the record its term
      redis.call('HSET', base .. 'dispatch:' .. jobId, 'key', ARGV[arg + 4])
      accepted[jobId] = true
    end
    mine.deadlines[#mine.deadlines + 1] = deadline
    mine.deadlines[#mine.deadlines + 1] = jobId
    mine.ages[#mine.ages + 1] = now
    mine.ages[#mine.ages + 1] = jobId
    add_to_bullmq(KEYS, { cmsgpack.pack({ base, jobId, name, at }), mine.data, options })
  end
  replies[#replies + 1] = reply
  arg = arg + 4 + candidates * 2
end
for application, mine in pairs(of) do
  if #mine.ages > 0 then
    redis.call('ZADD', mine.list, unpack(mine.ages))
    -- a job whose key's record was lost may be pending already, and is counted once
    redis.call('HINCRBY', KEYS[12], application, redis.call('ZADD', KEYS[11], unpack(mine.deadlines)))
  end
end
return replies
