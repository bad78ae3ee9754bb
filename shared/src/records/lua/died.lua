-- Records that a process died while it ran a job. The count is part of the dispatch mark, so a new round starts at 0.
-- KEYS  pending, dispatch
-- ARGV  JobId, '1' if the process ran nothing else
-- Returns the number of processes that died while they ran this job alone; 0 once the job has ended
local pending, dispatch = unpack(KEYS)
local jobId, alone = unpack(ARGV, 1, 2)

if not redis.call('ZSCORE', pending, jobId) then return 0 end
return redis.call('HINCRBY', dispatch, 'deaths', alone == '1' and 1 or 0)
