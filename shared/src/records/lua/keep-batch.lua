-- Part of the scripts that change whether an item of a batch waits or is taken: keeps the batch, and what its Idempotency-Key names, for
-- `keptMs`; without a term if that is nil, since nothing that an item has yet to move may run out.
local function keep_batch(batch, batchId, keptMs)
  if not keptMs and redis.call('PTTL', batch) < 0 then return end
  local base = string.sub(batch, 1, -#('batch:' .. batchId) - 1)
  local key = redis.call('HGET', batch, 'idempotency')
  -- the key is to be forgotten no later than the batch: who finds it alone takes it for that of a batch which is about to begin
  local kept = { base .. 'items:' .. batchId, base .. 'prints:' .. batchId, base .. 'rejections:' .. batchId, batch }
  if key then table.insert(kept, 1, base .. 'batch-key:' .. key) end
  for _, record in ipairs(kept) do
    if keptMs then redis.call('PEXPIRE', record, keptMs) else redis.call('PERSIST', record) end
  end
end
