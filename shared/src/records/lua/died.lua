-- Records that a process died while it ran a job. The count is part of the dispatch mark, so a new round starts at 0.
-- KEYS  pending, dispatch
-- ARGV  JobId, 1 if the process ran nothing else, else 0
-- Returns the number of processes that died while they ran this job alone; 0 once the job has ended
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
return redis.call('HINCRBY', KEYS[2], 'deaths', ARGV[2])
