-- Notes that a process has died with a job in it. The count goes with the mark, so that a new round counts anew.
-- KEYS  pending, dispatch
-- ARGV  JobId, 1 if nothing else was in the process, else 0
-- Gives how many died with nothing else in them; 0 once the job has ended
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
return redis.call('HINCRBY', KEYS[2], 'deaths', ARGV[2])
