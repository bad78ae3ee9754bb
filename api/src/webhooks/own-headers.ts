/** What the gateway or its HTTP client sets, or what frames a request: an endpoint may not have it (RFC 9110, 7.6.1). */
const taken = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

/** A field name of RFC 9110 (5.1), and a value of visible ASCII with spaces and tabs inside. */
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
const fieldValue = /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/
const authorization = /^(Basic|Bearer) [A-Za-z0-9._~+/=-]+$/i

/** Headers whose values may be credentials. */
const secretive = /auth|cookie|credential|key|pass|secret|signature|token/i

/** What is wrong with a header that an application wants to be sent; `undefined` if nothing is. */
export function headerMistake(name: string, value: unknown): string | undefined {
  if (!fieldName.test(name)) return 'is not a valid name of a header'
  const lower = name.toLowerCase()
  if (taken.has(lower) || lower.startsWith('webhook-')) return 'is set by the gateway itself'
  if (typeof value !== 'string') return 'must be a string'
  if (!fieldValue.test(value)) return 'must be visible ASCII characters, with spaces only between them'
  if (lower === 'authorization' && !authorization.test(value))
    return 'must be `Basic ` or `Bearer ` and the credentials'
  return undefined
}

/** Whether the value of a header is never shown. */
export function isHidden(name: string): boolean {
  return secretive.test(name)
}
