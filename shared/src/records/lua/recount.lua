-- Compares the counts by application of jobs that have not ended with what is pending. Where the two differ it counts what is pending
-- anew, by deadline and some at a time: finish.lua takes off what ends among those counted, and what is accepted or reopened has a deadline behind
-- them. Where that was not so (a shorter `deadlineHours`, a clock set back), or a process of an older version ended some, the sum at the end shows it.
-- KEYS  depth, pending, recount
-- ARGV  base of the connection's keys, jobs to count at a time, application, ...
-- Gives {'exact'} | {'counting'}: there is more | {'again'}: what was counted is thrown away | {'corrected', sum before, sum now}
local base, atMost = ARGV[1], tonumber(ARGV[2])
local to = redis.call('HGET', KEYS[3], 'to')
local depth = redis.call('HGETALL', KEYS[1])
local sum = 0
for i = 2, #depth, 2 do sum = sum + depth[i] end
local pending = redis.call('ZCARD', KEYS[2])
if not to and sum == pending then return { 'exact' } end

local from = to and '(' .. to or '-inf'
local jobs = redis.call('ZRANGEBYSCORE', KEYS[2], from, '+inf', 'WITHSCORES', 'LIMIT', 0, atMost)
local isLast = #jobs < atMost * 2
-- those of one millisecond are counted together
if not isLast then jobs = redis.call('ZRANGEBYSCORE', KEYS[2], from, jobs[#jobs], 'WITHSCORES') end

local lists, latest = {}, ''
for i = 3, #ARGV do lists[ARGV[i]] = base .. ':jobs:' .. ARGV[i] end
-- also of applications that were taken out of the configuration
for i = 1, #depth, 2 do lists[depth[i]] = base .. ':jobs:' .. depth[i] end
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
for application, count in pairs(found) do redis.call('HINCRBY', KEYS[3], 'of:' .. application, count) end
if not isLast then
  redis.call('HSET', KEYS[3], 'to', jobs[#jobs])
  return { 'counting' }
end

local counted, all = redis.call('HGETALL', KEYS[3]), 0
redis.call('DEL', KEYS[3])
for i = 1, #counted, 2 do
  if counted[i] ~= 'to' then all = all + counted[i + 1] end
end
if all ~= pending then return { 'again' } end
-- the name of an application stays: the sweep finds the lists by it
for i = 1, #depth, 2 do redis.call('HSET', KEYS[1], depth[i], 0) end
for i = 1, #counted, 2 do
  if counted[i] ~= 'to' then redis.call('HSET', KEYS[1], string.sub(counted[i], 4), counted[i + 1]) end
end
return { 'corrected', sum, all }
