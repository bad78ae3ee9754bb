-- Prolongs the leases of messages that are still under way.
-- KEYS  busy
-- ARGV  ms of a lease, then per message: feed id, end of its lease
-- Returns the new end of each lease, or 0 if it was over and somebody else has taken the message or may
local busy = KEYS[1]
local leaseMs = ARGV[1]

local leases = {}
for at = 2, #ARGV, 2 do
  local feedId, lease = unpack(ARGV, at, at + 1)
  local held = tonumber(redis.call('ZSCORE', busy, feedId) or 0) == tonumber(lease)
  if held then redis.call('ZADD', busy, now + leaseMs, feedId) end
  leases[#leases + 1] = held and now + leaseMs or 0
end
return leases
