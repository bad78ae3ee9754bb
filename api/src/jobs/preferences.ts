/** What a `Prefer` header asks for, as far as it is understood here (RFC 7240). */
export type Preferences = {
  /** How long the caller is willing to wait for the outcome, whole seconds. */
  waitSeconds?: number
  /** `respond-async`: not to wait, unless `wait` says how long. */
  respondAsync: boolean
}

/** What stands between two commas that are not in quotes. */
const part = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/gs
/** A name, perhaps a value, in quotes or not, perhaps parameters, which are not looked at. */
const preference = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:"([^"]*)"\s*|([^\s";]+)\s*)?)?(?:;.*)?$/s

/**
 * Reads a `Prefer` header; several of them come joined by commas. What is not understood or badly formed is left out, as
 * the RFC wants; of a preference given twice the first counts.
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
