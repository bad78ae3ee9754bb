-- Adds jobs that ended without success before the lists of ended jobs were kept to those lists: the next jobs of one application, by age.
-- KEYS  jobs of the application
-- ARGV  base of the connection's keys, application, how many jobs to pass over, how many to look at
-- Returns how many jobs were looked at
local jobs = KEYS[1]
local base, application, passed, atMost = unpack(ARGV, 1, 4)
local found = redis.call('ZRANGE', jobs, passed, passed + atMost - 1)
for _, jobId in ipairs(found) do
  local outcome = redis.call('HMGET', base .. ':outcome:' .. jobId, 'status', 'finishedAt')
  if outcome[1] and outcome[1] ~= 'Succeeded' then
    redis.call('ZADD', base .. ':ended:' .. outcome[1], outcome[2], jobId)
    redis.call('ZADD', base .. ':ended:' .. outcome[1] .. ':' .. application, outcome[2], jobId)
  end
end
return #found
