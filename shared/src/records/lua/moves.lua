-- Part of the scripts that begin and end jobs: each call of one is a move of the store, and moves are counted in `moves`. A caller that
-- has seen a higher count proves that the store has forgotten what came between, as after a failover or with a restored copy.
-- Then a new generation begins: `forgotAt`, and `suspectsTo`, the last deadline among the jobs pending by then. Any of them may have been
-- begun in what was forgotten.
local function open_generation(moves, pending, now)
  local last = redis.call('ZREVRANGE', pending, 0, 0, 'WITHSCORES')
  redis.call('HINCRBY', moves, 'generation', 1)
  redis.call('HSET', moves, 'forgotAt', now, 'suspectsTo', last[2] or 0)
end

-- Counts a move; returns the new count.
local function move(moves, pending, seen, now)
  local count = redis.call('HINCRBY', moves, 'count', 1)
  if count > tonumber(seen) then return count end
  open_generation(moves, pending, now)
  redis.call('HSET', moves, 'count', seen + 1)
  return seen + 1
end

-- Returns a function that reports whether a call of a job may have been made in what the store forgot, while nobody has asked the EMR since; and
-- the generation, and when it began. Suspected are all jobs pending then, and those that a client or a person may have sent before in what
-- was forgotten: under an Idempotency-Key, alone or in a batch, or by a Retry. Only asking the EMR ends the suspicion: `asked`.
local function suspicion(moves, base, repeatMs, now)
  local generation, forgotAt, suspectsTo = unpack(redis.call('HMGET', moves, 'generation', 'forgotAt', 'suspectsTo'))
  return function(deadline, batchId, key, round, asked)
    if not forgotAt or asked == generation then return false end
    if tonumber(deadline) <= tonumber(suspectsTo) then return true end
    if now > forgotAt + repeatMs then return false end
    return key or round or (batchId ~= '' and redis.call('HEXISTS', base .. ':batch:' .. batchId, 'idempotency') == 1)
  end, generation, forgotAt
end
