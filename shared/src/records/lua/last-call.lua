-- Reads the latest call of a job without outcome.
-- KEYS  pending, dispatch, moves
-- ARGV  base of the connection's keys, JobId, BatchId (or ''), ms for which a request may be repeated under its Idempotency-Key after the store
--       has forgotten it (moves.lua)
-- Returns {round, attempt, 1 if the encounter may exist in the EMR, why the job waits or ''}
local pending, dispatch, moves = unpack(KEYS)
local base, jobId, batchId, repeatMs = unpack(ARGV, 1, 4)

local state, doubt, round, attempt, waitsFor, key, asked =
  unpack(redis.call('HMGET', dispatch, 'state', 'doubt', 'round', 'attempt', 'waitsFor', 'key', 'asked'))
local deadline = redis.call('ZSCORE', pending, jobId)
local inDoubt = doubt or state == 'dispatching' or state == 'unknown'
  or (deadline and suspicion(moves, base, repeatMs, now)(deadline, batchId, key, round, asked))
return { tonumber(round or 1), tonumber(attempt or 0), inDoubt and 1 or 0, waitsFor or '' }
