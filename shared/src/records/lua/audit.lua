-- Appends an entry to the audit log if the newest entry is still the one that it was chained to.
-- KEYS  log, head (the hash of the newest entry)
-- ARGV  hash of the entry before, hash of the entry, hash before the first entry, time, id of the sealing key, entry
-- Returns the id of the entry, or '' if another entry came first
local log, head = unpack(KEYS)
local before, hash, start, at, keyId, entry = unpack(ARGV, 1, 6)
if (redis.call('GET', head) or start) ~= before then return '' end
redis.call('SET', head, hash)
return redis.call('XADD', log, '*', 'before', before, 'hash', hash, 'at', at, 'key', keyId, 'entry', entry)
