-- Marks items of one batch as taken: their jobs enter BullMQ's queue in the same transaction.
-- KEYS  batch, items
-- ARGV  index, ...
local taken = 0
for _, index in ipairs(ARGV) do
  if redis.call('GETRANGE', KEYS[2], index, index) == 'q' then
    redis.call('SETRANGE', KEYS[2], index, 't')
    taken = taken + 1
  end
end
if taken > 0 then
  redis.call('HINCRBY', KEYS[1], 'q', -taken)
  redis.call('HINCRBY', KEYS[1], 't', taken)
end
return taken
