-- Begins a new generation by order: an operator has restored a copy, and no process is left that has seen more.
-- KEYS  moves, pending
-- Gives the number of jobs that will be asked about
local moves, pending = unpack(KEYS)

open_generation(moves, pending, now)
return redis.call('ZCARD', pending)
