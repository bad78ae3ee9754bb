/** What Redis, or the way to it, says when it cannot take commands now; another try may find it well. */
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
 * Whether an error means that Redis is out of reach or cannot write, be it down, failing over, full or still loading.
 * ioredis tells these apart by their text alone.
 */
export function isRedisFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (clientErrorNames.has(error.name) || (typeof code === 'string' && socketCodes.has(code))) return true
  if (error.name === 'ReplyError') return saidByRedis.test(error.message)
  return error.name === 'Error' && saidByClient.test(error.message)
}
