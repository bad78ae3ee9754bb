-- Advances the applications' tags after their turns, and releases the lock.
-- KEYS  turns, fair, the lock
-- ARGV  virtual time, then application, tag, ...
local turns, fair, turning = unpack(KEYS)
local time = ARGV[1]

redis.call('HSET', fair, ':now', time)
for at = 2, #ARGV, 2 do
  local application, tag = unpack(ARGV, at, at + 1)
  redis.call('ZADD', turns, 'XX', tag, application)
end
return redis.call('DEL', turning)
