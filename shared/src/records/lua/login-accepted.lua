-- Forgets that the EMR refused a login: it has accepted it, or the application says that it is good again.
-- KEYS  logins, refused logins
-- ARGV  name of the login
-- Returns 1 if it was refused, 0 if not
local logins, refusedLogins = unpack(KEYS)
local login = ARGV[1]

if redis.call('HDEL', logins, login) == 1 then redis.call('HINCRBY', logins, 'version', 1) end
return redis.call('ZREM', refusedLogins, login)
