-- Reads the states of some jobs, as far as lists filter by them.
-- KEYS  pending
-- ARGV  base of the connection's keys, then per job: JobId
-- Returns per job '' (forgotten), 'Running', 'Retrying' or 'Queued' (the latter two also if it is parked), or status and seed code of its
--       outcome: 'Failed 502'
local pending = KEYS[1]
local base = ARGV[1]
local replies = {}
for at = 2, #ARGV do
  local jobId = ARGV[at]
  local reply = ''
  if redis.call('ZSCORE', pending, jobId) then
    local state = redis.call('HGET', base .. ':dispatch:' .. jobId, 'state')
    reply = state == 'dispatching' and 'Running' or state and 'Retrying' or 'Queued'
  else
    local outcome = redis.call('HMGET', base .. ':outcome:' .. jobId, 'status', 'statusCode')
    if outcome[1] then reply = outcome[1] .. ' ' .. outcome[2] end
  end
  replies[#replies + 1] = reply
end
return replies
