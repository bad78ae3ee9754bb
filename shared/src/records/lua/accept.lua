-- Remembers requests that came together, each by itself: payload, place in the pending set (by deadline) and in its application's
-- list (by age), and gives BullMQ its job, all or nothing of it. `add_to_bullmq` is BullMQ's own script (scripts.ts).
-- With an Idempotency-Key it first looks whether that key, under any configured sealing key, is already known.
-- What is kept under a JobId or an application's name is found by that name: fewer bytes, and all of it is in the slot of KEYS.
-- KEYS  the nine of BullMQ's addStandardJob (the fifth is its completed jobs), failed, pending, depth
-- ARGV  base of the connection's keys, name of BullMQ's jobs, their options and their time (ms since the epoch), ms to the deadline,
--       ms to keep payloads, then per request: JobId, sealed payload, application, number of candidates, and per candidate, own
--       one first: JobId, fingerprint
-- Gives per request 1, or {JobId, the fingerprint that was kept} if its key is known
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local base, name, at = ARGV[1] .. ':', ARGV[2], tonumber(ARGV[4])
local options = cmsgpack.pack(cjson.decode(ARGV[3]))
local deadline, keptMs = now + ARGV[5], ARGV[6]
local replies, deadlines, of = {}, {}, {}
local arg = 7
while arg <= #ARGV do
  local jobId, application, candidates = ARGV[arg], ARGV[arg + 2], tonumber(ARGV[arg + 3])
  local mine = of[application]
  if not mine then
    mine = { list = base .. 'jobs:' .. application, data = cjson.encode({ application = application }), ages = {} }
    of[application] = mine
  end
  local reply
  for i = arg + 4, arg + 2 + candidates * 2, 2 do
    local kept = redis.call('GET', base .. 'idempotency:' .. ARGV[i])
    if kept then
      reply = { ARGV[i], kept }
      break
    end
  end
  -- sent a second time, the connection having been lost before the answer came: the job may even have ended by now
  if not reply and candidates == 0 and redis.call('ZSCORE', mine.list, jobId) then reply = 1 end
  if not reply then
    reply = 1
    -- the key's former job is forgotten but for what BullMQ, whose clean-up is lazy, has of it; that would keep this one out
    if candidates > 0 and redis.call('ZREM', KEYS[5], jobId) + redis.call('ZREM', KEYS[10], jobId) > 0 then redis.call('UNLINK', base .. jobId) end
    redis.call('SET', base .. 'payload:' .. jobId, ARGV[arg + 1], 'PX', keptMs)
    if candidates > 0 then redis.call('SET', base .. 'idempotency:' .. jobId, ARGV[arg + 5], 'PX', keptMs) end
    deadlines[#deadlines + 1] = deadline
    deadlines[#deadlines + 1] = jobId
    mine.ages[#mine.ages + 1] = now
    mine.ages[#mine.ages + 1] = jobId
    add_to_bullmq(KEYS, { cmsgpack.pack({ base, jobId, name, at }), mine.data, options })
  end
  replies[#replies + 1] = reply
  arg = arg + 4 + candidates * 2
end
if #deadlines > 0 then redis.call('ZADD', KEYS[11], unpack(deadlines)) end
for application, mine in pairs(of) do
  if #mine.ages > 0 then
    redis.call('ZADD', mine.list, unpack(mine.ages))
    redis.call('HINCRBY', KEYS[12], application, #mine.ages / 2)
  end
end
return replies
