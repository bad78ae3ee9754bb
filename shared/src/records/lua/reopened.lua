-- Checks jobs that a Retry reopened, least recently checked first. Drops those that were begun or have ended since, and returns
-- those that BullMQ will not run by itself: it has no job of the id, or lists it as ended.
-- A job that BullMQ failed because its workers died is left to the step that sets those aside.
-- KEYS  reopened, pending, BullMQ's completed and failed
-- ARGV  base of the connection's keys, jobs to check, ms since they were reopened or last checked
-- Returns {number of jobs checked, {JobId, ...}}
local reopened, pending, completed, failed = unpack(KEYS)
local base, atMost, leftMs = unpack(ARGV, 1, 3)

local jobs = redis.call('ZRANGEBYSCORE', reopened, '-inf', now - leftMs, 'LIMIT', 0, atMost)
local stuck = {}
for _, jobId in ipairs(jobs) do
  local attempt = tonumber(redis.call('HGET', base .. ':dispatch:' .. jobId, 'attempt') or 0)
  if attempt > 0 or not redis.call('ZSCORE', pending, jobId) then
    redis.call('ZREM', reopened, jobId)
  else
    redis.call('ZADD', reopened, now, jobId)
    local queued = base .. ':' .. jobId
    if redis.call('EXISTS', queued) == 0 or redis.call('ZSCORE', completed, jobId) then
      stuck[#stuck + 1] = jobId
    elseif redis.call('ZSCORE', failed, jobId) then
      local reason = redis.call('HGET', queued, 'failedReason') or ''
      if not string.find(reason, 'stalled', 1, true) then stuck[#stuck + 1] = jobId end
    end
  end
end
return { #jobs, stuck }
