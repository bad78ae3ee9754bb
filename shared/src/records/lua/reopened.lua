-- Checks jobs that a Retry reopened, least recently checked first. Drops those that were begun or have ended since, and returns
-- those that BullMQ will not run by itself: it has no job of the id, or lists it as ended.
-- A job that BullMQ failed because its workers died is left to the step that sets those aside.
-- KEYS  reopened, pending, BullMQ's completed and failed
-- ARGV  base of the connection's keys, jobs to check, ms since they were reopened or last checked
-- Returns {number of jobs checked, {JobId, ...}}
local base = ARGV[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local jobs = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3], 'LIMIT', 0, ARGV[2])
local stuck = {}
for _, jobId in ipairs(jobs) do
  local attempt = tonumber(redis.call('HGET', base .. ':dispatch:' .. jobId, 'attempt') or 0)
  if attempt > 0 or not redis.call('ZSCORE', KEYS[2], jobId) then
    redis.call('ZREM', KEYS[1], jobId)
  else
    redis.call('ZADD', KEYS[1], now, jobId)
    local queued = base .. ':' .. jobId
    if redis.call('EXISTS', queued) == 0 or redis.call('ZSCORE', KEYS[3], jobId) then
      stuck[#stuck + 1] = jobId
    elseif redis.call('ZSCORE', KEYS[4], jobId) then
      local reason = redis.call('HGET', queued, 'failedReason') or ''
      if not string.find(reason, 'stalled', 1, true) then stuck[#stuck + 1] = jobId end
    end
  end
end
return { #jobs, stuck }
