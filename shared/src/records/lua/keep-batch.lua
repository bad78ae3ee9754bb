-- Part of the scripts that change whether an item of a batch waits or is taken: sets the term of the batch and of its Idempotency-Key to
-- `keptMs`, or removes it if that is nil, since no record that an item still has to change may expire.
local function keep_batch(batch, batchId, keptMs)
  if not keptMs and redis.call('PTTL', batch) < 0 then return end
  local base = string.sub(batch, 1, -#('batch:' .. batchId) - 1)
  local key = redis.call('HGET', batch, 'idempotency')
  -- the key must expire no later than the batch: a key without its batch counts as reserved for a new one
  local kept = { base .. 'items:' .. batchId, base .. 'prints:' .. batchId, base .. 'rejections:' .. batchId, batch }
  if key then table.insert(kept, 1, base .. 'batch-key:' .. key) end
  for _, record in ipairs(kept) do
    if keptMs then redis.call('PEXPIRE', record, keptMs) else redis.call('PERSIST', record) end
  end
end
