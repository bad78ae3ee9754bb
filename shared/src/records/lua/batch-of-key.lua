-- Finds the batch that an Idempotency-Key names, under whichever sealing key it was first used; or names one, if it may begin here, so that
-- two uploads that begin at once are one batch.
-- KEYS  the key's record under the own sealing key
-- ARGV  base of the connection's keys, BatchId of a new batch (or '': none begins), what its JobIds come from, ms to keep a key whose
--       batch never comes, then per sealing key, own one first: name of the key's record, what JobIds come from
-- Gives {BatchId, what its JobIds come from, 1 if it is stored, else 0} | {} if there is none and none begins
local base = ARGV[1] .. ':'
for i = 5, #ARGV, 2 do
  local batchId = redis.call('GET', base .. 'batch-key:' .. ARGV[i])
  if batchId then
    local key = redis.call('HGET', base .. 'batch:' .. batchId, 'key')
    return { batchId, key or ARGV[i + 1], key and 1 or 0 }
  end
  -- before 2026-11-28 the name of the key was the BatchId itself
  local key = redis.call('HGET', base .. 'batch:' .. ARGV[i], 'key')
  if key then return { ARGV[i], key, 1 } end
end
if ARGV[2] == '' then return {} end
redis.call('SET', base .. 'batch-key:' .. ARGV[5], ARGV[2], 'PX', ARGV[4])
return { ARGV[2], ARGV[3], 0 }
