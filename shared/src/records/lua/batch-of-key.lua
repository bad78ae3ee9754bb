-- Finds the batch of an Idempotency-Key, under whichever sealing key it was first used, or reserves a new BatchId if one may begin, so that
-- two concurrent uploads share one batch.
-- KEYS  the key's record under the own sealing key
-- ARGV  base of the connection's keys, BatchId of a new batch (or '': none begins), what its JobIds come from, ms to keep a key whose
--       batch never comes, then per sealing key, own one first: name of the key's record, what JobIds come from
-- Returns {BatchId, what its JobIds come from, 1 if it is stored, else 0} | {} if there is none and none begins
local own = KEYS[1]
local base, newBatchId, newKeyId, keptMs = unpack(ARGV, 1, 4)

-- Reads what the JobIds of a batch come from. Notes the upload, so that the batch is not closed as abandoned meanwhile.
local function key_of(batchId)
  local b = redis.call('HMGET', base .. ':batch:' .. batchId, 'key', 'receivedAt')
  if b[1] and not b[2] and newBatchId ~= '' then
    redis.call('HSET', base .. ':batch:' .. batchId, 'uploadedAt', now)
  end
  return b[1]
end

for at = 5, #ARGV, 2 do
  local name, keyId = unpack(ARGV, at, at + 1)
  local batchId = redis.call('GET', base .. ':batch-key:' .. name)
  if batchId then
    local key = key_of(batchId)
    return { batchId, key or keyId, key and 1 or 0 }
  end
  -- before 2026-11-28 the name of the key was the BatchId itself
  local key = key_of(name)
  if key then return { name, key, 1 } end
end
if newBatchId == '' then return {} end
redis.call('SET', own, newBatchId, 'PX', keptMs)
return { newBatchId, newKeyId, 0 }
