-- Marks items of one batch as taken: their jobs enter BullMQ's queue in the same transaction.
-- KEYS  batch, items
-- ARGV  index, ...
local batch, items = unpack(KEYS)

local taken = 0
for at = 1, #ARGV do
  local index = ARGV[at]
  if redis.call('GETRANGE', items, index, index) == 'q' then
    redis.call('SETRANGE', items, index, 't')
    taken = taken + 1
  end
end
if taken > 0 then
  redis.call('HINCRBY', batch, 'q', -taken)
  redis.call('HINCRBY', batch, 't', taken)
end
return taken
