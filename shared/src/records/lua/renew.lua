-- Replaces the sealed request of a job that has not succeeded by one with other credentials. A job that waited for them waits no longer.
-- KEYS  outcome, dispatch, payload, pending
-- ARGV  JobId, sealed payload
-- Returns 'renewed' | 'running': it is being sent | 'succeeded' | 'erased'
local outcome, dispatch, payload, pending = unpack(KEYS)
local jobId, sealed = unpack(ARGV, 1, 2)

if redis.call('HGET', outcome, 'status') == 'Succeeded' then return 'succeeded' end
if redis.call('EXISTS', payload) == 0 then return 'erased' end
if redis.call('ZSCORE', pending, jobId) then
  if redis.call('HGET', dispatch, 'state') == 'dispatching' then return 'running' end
  if redis.call('HGET', dispatch, 'waitsFor') == 'login' then redis.call('HDEL', dispatch, 'waits', 'waitsFor', 'nextAttemptAt') end
end
redis.call('SET', payload, sealed, 'KEEPTTL')
return 'renewed'
