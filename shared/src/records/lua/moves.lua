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
