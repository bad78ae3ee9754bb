/** Replies and errors which mean that Redis cannot take commands now; a retry may succeed. */
const saidByRedis =
  /^(?:READONLY|LOADING|OOM|MISCONF|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|NOSCRIPT|EXECABORT|UNBLOCKED)\b/
const saidByClient =
  /^(?:Connection is closed|Command timed out|Stream isn't writeable|Cluster isn't ready|Failed to refresh slots|None of startup nodes|All sentinels are unreachable|Command aborted|Socket closed)/
const clientErrorNames = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError', 'AbortError'])
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
])

/**
 * Whether an error means that Redis is unreachable or cannot write, because it is down, failing over, full or still
 * loading. ioredis distinguishes some of these errors only by their text.
 */
export function isRedisFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (clientErrorNames.has(error.name) || (typeof code === 'string' && socketCodes.has(code))) return true
  if (error.name === 'ReplyError') return saidByRedis.test(error.message)
  return error.name === 'Error' && saidByClient.test(error.message)
}
