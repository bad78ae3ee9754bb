-- Remembers requests that came together, each by itself: payload, place in the pending set (by deadline) and in its application's
-- list (by age), and gives BullMQ its job, all or nothing of it. `add_to_bullmq` is BullMQ's own script (scripts.ts).
-- With an Idempotency-Key it first looks whether that key, under any configured sealing key, is already known.
-- KEYS  BullMQ's nine of addStandardJob (wait ... completed is the fifth ... marker), failed, pending, depth,
--       then per request: payload, jobs of the application, BullMQ's hash of the job, one idempotency record per candidate
--       JobId, own one first
-- ARGV  BullMQ's key prefix, name of its jobs, their options and ms since the epoch at which they were made, ms to the deadline,
--       ms to keep payloads,
--       then per request: JobId, sealed payload, application, BullMQ's data, candidates, and per candidate its JobId and fingerprint
-- Gives per request {'new', JobId} or {'known', JobId, the fingerprint that was kept}
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local options = cmsgpack.pack(cjson.decode(ARGV[3]))
local queue = { unpack(KEYS, 1, 9) }
local replies, deadlines = {}, {}
local ages, accepted = {}, {}
local key, arg = 13, 7
while key <= #KEYS do
  local payload, list, job = KEYS[key], KEYS[key + 1], KEYS[key + 2]
  local jobId, application, candidates = ARGV[arg], ARGV[arg + 2], tonumber(ARGV[arg + 4])
  local reply
  for i = 1, candidates do
    local kept = redis.call('GET', KEYS[key + 2 + i])
    if kept then
      reply = { 'known', ARGV[arg + 3 + i * 2], kept }
      break
    end
  end
  -- sent a second time, the connection having been lost before the answer came: the job may even have ended by now
  if not reply and candidates == 0 and redis.call('ZSCORE', list, jobId) then reply = { 'new', jobId } end
  if not reply then
    reply = { 'new', jobId }
    -- the key's former job is forgotten but for what BullMQ, whose clean-up is lazy, has of it; that would keep this one out
    if candidates > 0 and redis.call('ZREM', KEYS[5], jobId) + redis.call('ZREM', KEYS[10], jobId) > 0 then redis.call('UNLINK', job) end
    redis.call('SET', payload, ARGV[arg + 1], 'PX', ARGV[6])
    if candidates > 0 then redis.call('SET', KEYS[key + 3], ARGV[arg + 6], 'PX', ARGV[6]) end
    deadlines[#deadlines + 1] = now + ARGV[5]
    deadlines[#deadlines + 1] = jobId
    ages[list] = ages[list] or {}
    table.insert(ages[list], now)
    table.insert(ages[list], jobId)
    accepted[application] = (accepted[application] or 0) + 1
    add_to_bullmq(queue, { cmsgpack.pack({ ARGV[1], jobId, ARGV[2], tonumber(ARGV[4]) }), ARGV[arg + 3], options })
  end
  replies[#replies + 1] = reply
  key = key + 3 + candidates
  arg = arg + 5 + candidates * 2
end
if #deadlines > 0 then redis.call('ZADD', KEYS[11], unpack(deadlines)) end
for list, entries in pairs(ages) do redis.call('ZADD', list, unpack(entries)) end
for application, count in pairs(accepted) do redis.call('HINCRBY', KEYS[12], application, count) end
return replies
