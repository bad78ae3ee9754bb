const MAX_LENGTH = 255
/** RFC 8941's string: printable ASCII in double quotes, where `"` and `\` follow a `\`. */
const quotedString = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
/** The same without quotes, the form that most clients send. */
const bareText = /^[\x21\x23-\x7e][\x20-\x7e]*$/

/** The rule for the header, as the end of an error message. */
export const idempotencyKeyRule = `must be 1 to ${MAX_LENGTH} printable ASCII characters, with or without double quotes, sent once`

/** Parses an `Idempotency-Key`, quoted as in its draft or bare: both are the same key. `undefined`: invalid. */
export function readIdempotencyKey(header: string | string[]): string | undefined {
  if (typeof header !== 'string') return undefined
  const quoted = quotedString.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1')
  const key = quoted ?? (bareText.test(header) ? header : '')
  return key.length >= 1 && key.length <= MAX_LENGTH ? key : undefined
}
