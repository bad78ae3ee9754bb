-- Lets one job try a refused login once its time has come: somebody may have unlocked it in the EMR.
-- KEYS  logins, refused logins
-- ARGV  name of the login, ms to the trial after this one
-- Returns the time of the next trial, ms since the epoch, or 0 if the caller may try
local logins, refusedLogins = unpack(KEYS)
local login, trialMs = unpack(ARGV, 1, 2)

local at = tonumber(redis.call('ZSCORE', refusedLogins, login))
if not at then return 0 end
if now < at then return at end
redis.call('ZADD', refusedLogins, now + trialMs, login)
redis.call('HINCRBY', logins, 'version', 1)
return 0
