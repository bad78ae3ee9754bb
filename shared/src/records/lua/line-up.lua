-- Part of the scripts that add waiting items to a batch: puts the batch in line for its application's turns (start-time fair queuing;
-- docs/adr/0008). An application that was not waiting starts at the current virtual time, so that it neither catches up for
-- the time it was away nor waits behind the backlog of others.
local function line_up(turns, fair, backlog, application, batchId, createdAt)
  redis.call('ZADD', backlog, createdAt, batchId)
  if redis.call('ZSCORE', turns, application) then return end
  local now = tonumber(redis.call('HGET', fair, ':now') or 0)
  local last = tonumber(redis.call('HGET', fair, application) or 0)
  redis.call('ZADD', turns, math.max(now, last), application)
end
