-- Writes a job's outcome: its one terminal state in this round. In the same step the payload goes (or gets its term),
-- the job leaves the pending set, the webhook's event enters the outbox and whoever waits is told.
-- KEYS  outcome, dispatch, payload, pending, idempotency, outbox, depth, for a batch item its batch and the states of its items, and
--       for an EMR that knows no correlation key the claims on the encounter
-- ARGV  JobId, guard, ms to keep the outcome, ms to keep the payload (0 = erase now), event ('' = none), channel, application,
--       for a batch item its BatchId, index and the letter of its new state, else '', '', '', then field, value, ...
-- guard '' writes in any case; 'undispatched' only if the EMR surely has nothing of the job; 'round.attempt' only while that is
-- the newest attempt: an earlier one that failed does not end the job
-- Gives 'recorded' | 'already' | 'dispatched' | 'superseded' | 'unaccepted' | 'claimed' (another job was told this encounter is its own)
if redis.call('EXISTS', KEYS[1]) == 1 then return 'already' end
if not redis.call('ZSCORE', KEYS[4], ARGV[1]) then return 'unaccepted' end
local mark = redis.call('HMGET', KEYS[2], 'state', 'attempt', 'round', 'sentAt', 'doubt')
if mark[5] then mark[1] = 'unknown' end
if ARGV[2] == 'undispatched' and (mark[1] == 'dispatching' or mark[1] == 'unknown') then return 'dispatched' end
if string.find(ARGV[2], '.', 1, true) and ARGV[2] ~= (mark[3] or '1') .. '.' .. (mark[2] or '0') then return 'superseded' end
local claims = ARGV[8] == '' and 8 or 10
for i = claims, #KEYS do
  local owner = redis.call('GET', KEYS[i])
  if owner and owner ~= ARGV[1] then return 'claimed' end
end
for i = claims, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[3]) end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], 'finishedAt', now, 'attempts', mark[2] or 0, 'round', mark[3] or 1, 'mark', mark[1] or '', 'sentAt', mark[4] or 0, unpack(ARGV, 11))
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
-- jobs from before the count was kept must not make it negative
if redis.call('HINCRBY', KEYS[7], ARGV[7], -1) < 0 then redis.call('HSET', KEYS[7], ARGV[7], 0) end
if ARGV[8] ~= '' then
  local state = redis.call('GETRANGE', KEYS[9], ARGV[9], ARGV[9])
  if state == 'q' or state == 't' then
    redis.call('SETRANGE', KEYS[9], ARGV[9], ARGV[10])
    redis.call('HINCRBY', KEYS[8], state, -1)
    redis.call('HINCRBY', KEYS[8], ARGV[10], 1)
    redis.call('HSET', KEYS[8], 'updatedAt', now)
    end_batch(KEYS[8], KEYS[6], ARGV[8], ARGV[5] ~= '', ARGV[6], now)
  end
end
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 'recorded'
