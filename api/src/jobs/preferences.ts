/** The supported preferences of a `Prefer` header (RFC 7240). */
export type Preferences = {
  /** How long the caller will wait for the outcome, in whole seconds. */
  waitSeconds?: number
  /** `respond-async`: do not wait, unless `wait` is given as well. */
  respondAsync: boolean
}

/** The text between two commas outside quotes. */
const part = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/gs
/** A name, an optional value with or without quotes, and optional parameters, which are ignored. */
const preference = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:"([^"]*)"\s*|([^\s";]+)\s*)?)?(?:;.*)?$/s

/**
 * Parses a `Prefer` header; several headers are joined by commas. Unknown and malformed preferences are ignored, as the
 * RFC requires; if a preference is repeated, the first one counts.
 */
export function readPreferences(header: string | string[] | undefined): Preferences {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  const found = new Map<string, string>()
  for (const [each] of text.matchAll(part)) {
    const [, name, quoted, bare = ''] = preference.exec(each) ?? []
    const key = name?.toLowerCase()
    if (key && !found.has(key)) found.set(key, quoted ?? bare)
  }
  const wait = found.get('wait') ?? ''
  return {
    ...(/^\d{1,9}$/.test(wait) && { waitSeconds: Number(wait) }),
    respondAsync: found.has('respond-async'),
  }
}
