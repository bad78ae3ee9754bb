-- Compares the number of unfinished jobs by application with the pending set. If they differ, recounts the pending set by deadline, some at
-- a time: finish.lua subtracts jobs that end after they were counted, and jobs accepted or reopened meanwhile have later deadlines. If that
-- does not hold (a shorter `deadlineHours`, a clock set back) or a process of an older version ended some, the final sum shows it.
-- KEYS  depth, pending, recount
-- ARGV  base of the connection's keys, jobs to count per call, application, ...
-- Returns {'exact'} | {'counting'}: there is more | {'again'}: the count was discarded | {'corrected', sum before, sum now}
local depth, pending, recount = unpack(KEYS)
local base, atMost = unpack(ARGV, 1, 2)

local to = redis.call('HGET', recount, 'to')
local counts = redis.call('HGETALL', depth)
local sum = 0
for i = 2, #counts, 2 do sum = sum + counts[i] end
local unfinished = redis.call('ZCARD', pending)
if not to and sum == unfinished then return { 'exact' } end

local from = to and '(' .. to or '-inf'
local jobs = redis.call('ZRANGEBYSCORE', pending, from, '+inf', 'WITHSCORES', 'LIMIT', 0, atMost)
local isLast = #jobs < atMost * 2
-- jobs with the same deadline are counted together
if not isLast then jobs = redis.call('ZRANGEBYSCORE', pending, from, jobs[#jobs], 'WITHSCORES') end

local lists, latest = {}, ''
for at = 3, #ARGV do
  local application = ARGV[at]
  lists[application] = base .. ':jobs:' .. application
end
-- including applications no longer in the configuration
for i = 1, #counts, 2 do lists[counts[i]] = base .. ':jobs:' .. counts[i] end
local function application_of(jobId)
  if lists[latest] and redis.call('ZSCORE', lists[latest], jobId) then return latest end
  for application, list in pairs(lists) do
    if redis.call('ZSCORE', list, jobId) then
      latest = application
      return application
    end
  end
  return ''
end
local found = {}
for i = 1, #jobs, 2 do
  local application = application_of(jobs[i])
  found[application] = (found[application] or 0) + 1
end
for application, count in pairs(found) do redis.call('HINCRBY', recount, 'of:' .. application, count) end
if not isLast then
  redis.call('HSET', recount, 'to', jobs[#jobs])
  return { 'counting' }
end

local counted, all = redis.call('HGETALL', recount), 0
redis.call('DEL', recount)
for i = 1, #counted, 2 do
  if counted[i] ~= 'to' then all = all + counted[i + 1] end
end
if all ~= unfinished then return { 'again' } end
-- names of applications stay: the sweep finds their lists by them
for i = 1, #counts, 2 do redis.call('HSET', depth, counts[i], 0) end
for i = 1, #counted, 2 do
  if counted[i] ~= 'to' then redis.call('HSET', depth, string.sub(counted[i], 4), counted[i + 1]) end
end
return { 'corrected', sum, all }
