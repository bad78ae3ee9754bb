-- Part of the scripts after which a batch may be at its end: it is once its upload is complete and no item waits (q) or
-- is taken (t). Notes that once per round, puts the news in the outbox and tells who listens.
local function end_batch(batch, outbox, batchId, announce, channel, now)
  local b = redis.call('HMGET', batch, 'receivedAt', 'finishedAt', 'q', 't', 'application', 'round')
  if not b[1] or b[2] or tonumber(b[3] or 0) + tonumber(b[4] or 0) > 0 then return end
  redis.call('HSET', batch, 'finishedAt', now)
  if announce then
    local event = { BatchId = batchId, Round = tonumber(b[6] or 1), At = now, Application = b[5] }
    redis.call('ZADD', outbox, now, cjson.encode(event))
  end
  redis.call('PUBLISH', channel, batchId)
end
