/** Replies and errors which mean that Redis cannot take commands now; a retry may succeed. */
const saidByRedis =
  /^(?:READONLY|LOADING|OOM|MISCONF|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|NOSCRIPT|EXECABORT|UNBLOCKED|MOVED|ASK|NOAUTH|WRONGPASS)\b/
const clientErrorNames = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError', 'AbortError', 'Unconfirmed'])
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
])
/** The first frame of a stack trace, in ioredis: it gives most of its errors neither a class nor a code. */
const madeByIoredis = /^[^\n]*\n\s+at [^\n]*[/\\]node_modules[/\\]ioredis[/\\]/

/**
 * Whether an error means that Redis is unreachable or cannot write, because it is down, failing over, full or still
 * loading.
 */
export function isRedisFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (clientErrorNames.has(error.name) || (typeof code === 'string' && socketCodes.has(code))) return true
  if (error.name === 'ReplyError') return saidByRedis.test(error.message)
  return error.name === 'Error' && madeByIoredis.test(error.stack ?? '')
}
