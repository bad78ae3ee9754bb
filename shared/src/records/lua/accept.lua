-- Accepts simultaneous requests, each independently: stores the payload, adds the job to the pending set (by deadline) and to its
-- application's list (by age), and adds it to BullMQ's queue, all or nothing. `add_to_bullmq` is BullMQ's own script (scripts.ts).
-- With an Idempotency-Key it first checks whether the key is known under any configured sealing key. The record of a key names its job; it
-- has no TTL until the job has ended, and is valid while the job is pending or its outcome is kept.
-- Keys named by a JobId or an application are built here from the base: fewer bytes, and all of them are in the slot of KEYS.
-- KEYS  the nine of BullMQ's addStandardJob, failed, pending, depth
-- ARGV  base of the connection's keys, name of BullMQ's jobs, their options and their time (ms since the epoch), ms to the deadline,
--       ms to keep payloads, then per request: JobId, sealed payload, application, number of candidates, and per candidate, own
--       one first: name of the key's record, fingerprint
-- Gives per request 1, or {JobId, the fingerprint that was kept} if its key is known
local wait, paused, meta, id, completed, delayed, active, events, marker, failed, pending, depth = unpack(KEYS)
local base, jobName, options, acceptedAt, deadlineMs, keptMs = unpack(ARGV, 1, 6)

local prefix = base .. ':'
options = cmsgpack.pack(cjson.decode(options))
acceptedAt = tonumber(acceptedAt)
local deadline = now + deadlineMs
local replies, of, accepted = {}, {}, {}

-- The job that a key's record names, and the fingerprint of its content. Before 2026-11-28 a record held the fingerprint alone, under its JobId.
local function job_of(record)
  local kept = redis.call('GET', base .. ':idempotency:' .. record)
  if not kept then return nil end
  local jobId, fingerprint = string.match(kept, '^(%w+) (.+)$')
  if not jobId then jobId, fingerprint = record, kept end
  if accepted[jobId] or redis.call('EXISTS', base .. ':outcome:' .. jobId) == 1 or redis.call('ZSCORE', pending, jobId) then
    return { jobId, fingerprint }
  end
end

local at = 7
while at <= #ARGV do
  local jobId, payload, application, candidatesCount = unpack(ARGV, at, at + 3)
  local following = at + 4 + candidatesCount * 2
  local mine = of[application]
  if not mine then
    mine = { list = base .. ':jobs:' .. application, data = cjson.encode({ application = application }), deadlines = {}, ages = {} }
    of[application] = mine
  end
  local reply
  for candidate = at + 4, following - 2, 2 do
    reply = job_of(ARGV[candidate])
    if reply then break end
  end
  -- sent a second time, the connection having been lost before the answer came: the job may even have ended by now
  if not reply and candidatesCount == '0' and redis.call('ZSCORE', mine.list, jobId) then reply = 1 end
  if not reply then
    reply = 1
    redis.call('SET', base .. ':payload:' .. jobId, payload, 'PX', keptMs)
    if candidatesCount ~= '0' then
      local name, fingerprint = unpack(ARGV, at + 4, at + 5)
      -- the same JobId again is forgotten (retention was shorter for a while) but for what BullMQ, whose clean-up is lazy, has of it
      if redis.call('EXISTS', prefix .. jobId) == 1 and redis.call('ZREM', completed, jobId) + redis.call('ZREM', failed, jobId) > 0 then
        redis.call('UNLINK', prefix .. jobId)
      end
      redis.call('SET', base .. ':idempotency:' .. name, jobId .. ' ' .. fingerprint)
      -- for the script that ends the job, and gives the record its term
      redis.call('HSET', base .. ':dispatch:' .. jobId, 'key', name)
      accepted[jobId] = true
    end
    mine.deadlines[#mine.deadlines + 1] = deadline
    mine.deadlines[#mine.deadlines + 1] = jobId
    mine.ages[#mine.ages + 1] = now
    mine.ages[#mine.ages + 1] = jobId
    add_to_bullmq(KEYS, { cmsgpack.pack({ prefix, jobId, jobName, acceptedAt }), mine.data, options })
  end
  replies[#replies + 1] = reply
  at = following
end
for application, mine in pairs(of) do
  if #mine.ages > 0 then
    redis.call('ZADD', mine.list, unpack(mine.ages))
    -- a job whose key's record was lost may be pending already, and is counted once
    redis.call('HINCRBY', depth, application, redis.call('ZADD', pending, unpack(mine.deadlines)))
  end
end
return replies
