-- Finds the batch of an Idempotency-Key, under whichever sealing key it was first used, or reserves a new BatchId if one may begin, so that
-- two concurrent uploads share one batch.
-- KEYS  the key's record under the own sealing key
-- ARGV  base of the connection's keys, BatchId of a new batch (or '': none begins), what its JobIds come from, ms to keep a key whose
--       batch never comes, then per sealing key, own one first: name of the key's record, what JobIds come from
-- Returns {BatchId, what its JobIds come from, 1 if it is stored, else 0} | {} if there is none and none begins
local base = ARGV[1] .. ':'

-- Reads what the JobIds of a batch come from. Notes the upload, so that the batch is not closed as abandoned meanwhile.
local function key_of(batchId)
  local b = redis.call('HMGET', base .. 'batch:' .. batchId, 'key', 'receivedAt')
  if b[1] and not b[2] and ARGV[2] ~= '' then
    local t = redis.call('TIME')
    redis.call('HSET', base .. 'batch:' .. batchId, 'uploadedAt', t[1] * 1000 + math.floor(t[2] / 1000))
  end
  return b[1]
end

for i = 5, #ARGV, 2 do
  local batchId = redis.call('GET', base .. 'batch-key:' .. ARGV[i])
  if batchId then
    local key = key_of(batchId)
    return { batchId, key or ARGV[i + 1], key and 1 or 0 }
  end
  -- before 2026-11-28 the name of the key was the BatchId itself
  local key = key_of(ARGV[i])
  if key then return { ARGV[i], key, 1 } end
end
if ARGV[2] == '' then return {} end
redis.call('SET', base .. 'batch-key:' .. ARGV[5], ARGV[2], 'PX', ARGV[4])
return { ARGV[2], ARGV[3], 0 }
