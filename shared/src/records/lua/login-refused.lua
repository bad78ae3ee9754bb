-- Counts a login that the EMR refused; each one in a row with the same credentials, until one is accepted. Enough of them make the login
-- refused: its jobs wait, and its application is informed once.
-- KEYS  logins, refused logins, outbox
-- ARGV  name of the login (logins.ts), how many in a row are enough, ms to the next trial, ms to keep what is known of logins, application, JobId,
--       '1' to announce
-- Returns how many were refused in a row
local logins, refusedLogins, outbox = unpack(KEYS)
local login, enough, trialMs, keptMs, application, jobId, announce = unpack(ARGV, 1, 7)

-- wrong logins without end, each of another name: counting begins anew, and the refused ones stay
if redis.call('HLEN', logins) > 10000 then
  local version = redis.call('HGET', logins, 'version')
  redis.call('UNLINK', logins)
  redis.call('HSET', logins, 'version', version)
end
local count = redis.call('HINCRBY', logins, login, 1)
redis.call('HINCRBY', logins, 'version', 1)
if count >= tonumber(enough) then
  if redis.call('ZADD', refusedLogins, now + trialMs, login) == 1 and announce == '1' then
    local event = { Type = 'login.refused', Login = login, JobId = jobId, At = now, StatusCode = 401, Application = application }
    redis.call('XADD', outbox, '*', 'event', cjson.encode(event))
  end
  -- those longest without a trial first; their jobs then try again
  redis.call('ZREMRANGEBYRANK', refusedLogins, 0, -10001)
  redis.call('PEXPIRE', refusedLogins, keptMs)
end
redis.call('PEXPIRE', logins, keptMs)
return count
