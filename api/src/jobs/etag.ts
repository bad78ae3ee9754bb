import { createHash } from 'node:crypto'

/** A strong entity tag: equal for equal JSON. */
export function etagOf(value: object): string {
  return `"${createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 27)}"`
}

/** Whether an `If-None-Match` header contains this tag. Weak tags match, too, as RFC 9110 (13.1.2) requires. */
export function isNamedIn(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}
