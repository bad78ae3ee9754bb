-- Part of the scripts that handle several jobs per call: an error in one job becomes the reply of that job and does not affect the
-- others.
local function each(transition, ...)
  local done, reply = pcall(transition, ...)
  if done or type(reply) == 'table' then return reply end
  -- Redis 6 throws texts
  return redis.error_reply(reply)
end
