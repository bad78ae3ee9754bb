-- Part of the scripts that are called for several jobs at once: what fails for one of them is its own reply, and the others
-- go on as if it were not there.
local function each(transition, ...)
  local done, reply = pcall(transition, ...)
  if done or type(reply) == 'table' then return reply end
  -- Redis 6 throws texts
  return redis.error_reply(reply)
end
