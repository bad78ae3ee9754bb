-- Part of the scripts that read the feed for an endpoint.
-- The running number of a message.
local function number_of(feedId)
  return tonumber(string.match(feedId, '%-(%d+)$'))
end

-- The fields of an entry of the feed by name.
local function fields_of(entry)
  local fields = {}
  for at = 1, #entry[2], 2 do fields[entry[2][at]] = entry[2][at + 1] end
  return fields
end

-- Whether the endpoint wants a message. `types` and `connections`: ',a,b,' or '' for all. What concerns no connection is for every endpoint.
local function wanted(fields, endpoint, types, connections)
  if fields.only then return fields.only == endpoint end
  if fields.except == endpoint then return false end
  if types ~= '' and not string.find(types, ',' .. fields.type .. ',', 1, true) then return false end
  return connections == '' or fields.connection == '' or string.find(connections, ',' .. fields.connection .. ',', 1, true) ~= nil
end
