-- Part of the scripts that may end a batch: it ends when its upload is complete and no item waits (q) or is taken (t). Records the
-- end once per round, adds the event to the outbox and publishes it. Once no item waits or is taken the batch is kept for `keptMs`, even
-- if its upload broke off.
local function end_batch(batch, outbox, batchId, announce, channel, now, keptMs)
  local b = redis.call('HMGET', batch, 'receivedAt', 'finishedAt', 'q', 't', 'application', 'round')
  if b[2] or tonumber(b[3] or 0) + tonumber(b[4] or 0) > 0 then return end
  keep_batch(batch, batchId, keptMs)
  if not b[1] then return end
  redis.call('HSET', batch, 'finishedAt', now)
  if announce then
    local event = { BatchId = batchId, Round = tonumber(b[6] or 1), At = now, Application = b[5] }
    redis.call('XADD', outbox, '*', 'event', cjson.encode(event))
  end
  redis.call('PUBLISH', channel, batchId)
end
