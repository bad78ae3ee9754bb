-- Advances the applications' tags after their turns, and releases the lock.
-- KEYS  turns, fair, the lock
-- ARGV  virtual time, then application, tag, ...
redis.call('HSET', KEYS[2], ':now', ARGV[1])
for i = 2, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'XX', ARGV[i + 1], ARGV[i]) end
return redis.call('DEL', KEYS[3])
