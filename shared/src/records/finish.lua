-- Writes a job's outcome: its one terminal state in this round. In the same step the payload goes (or gets its term),
-- the job leaves the pending set, the webhook's event enters the outbox and whoever waits is told.
-- KEYS  outcome, dispatch, payload, pending, idempotency, outbox, and for an EMR that knows no correlation key the claims on the encounter
-- ARGV  JobId, guard, ms to keep the outcome, ms to keep the payload (0 = erase now), event ('' = none), channel, then field, value, ...
-- guard '' writes in any case; 'undispatched' only if the EMR surely has nothing of the job; a number only while that is the
-- newest attempt: an earlier one that failed does not end the job
-- Gives 'recorded' | 'already' | 'dispatched' | 'superseded' | 'unaccepted' | 'claimed' (another job was told this encounter is its own)
if redis.call('EXISTS', KEYS[1]) == 1 then return 'already' end
if not redis.call('ZSCORE', KEYS[4], ARGV[1]) then return 'unaccepted' end
local mark = redis.call('HMGET', KEYS[2], 'state', 'attempt', 'round', 'sentAt', 'doubt')
if mark[5] then mark[1] = 'unknown' end
if ARGV[2] == 'undispatched' and (mark[1] == 'dispatching' or mark[1] == 'unknown') then return 'dispatched' end
if tonumber(ARGV[2]) and ARGV[2] ~= mark[2] then return 'superseded' end
for i = 7, #KEYS do
  local owner = redis.call('GET', KEYS[i])
  if owner and owner ~= ARGV[1] then return 'claimed' end
end
for i = 7, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[3]) end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], 'finishedAt', now, 'attempts', mark[2] or 0, 'round', mark[3] or 1, 'mark', mark[1] or '', 'sentAt', mark[4] or 0, unpack(ARGV, 7))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if ARGV[4] == '0' then redis.call('UNLINK', KEYS[3]) else redis.call('PEXPIRE', KEYS[3], ARGV[4]) end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('UNLINK', KEYS[2])
redis.call('PEXPIRE', KEYS[5], ARGV[3])
if ARGV[5] ~= '' then
  local event = cjson.decode(ARGV[5])
  event.Round = tonumber(mark[3] or 1)
  event.At = now
  redis.call('ZADD', KEYS[6], now, cjson.encode(event))
end
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 'recorded'
