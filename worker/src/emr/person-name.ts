/** A name split into its parts. */
export type PersonName = { family: string; given: string }

/** The order in which a name without a comma is written; `whole`: unknown. */
export type NameOrder = 'whole' | 'given-first' | 'family-first'

/**
 * Family and given name: by the comma of `Smith, John A`, as registration systems write it, else in the order agreed
 * with a site, in which the family name is one word. `undefined` for a name that cannot be split.
 */
export function nameOf(name: string, order: NameOrder = 'whole'): PersonName | undefined {
  const comma = name.indexOf(',')
  if (comma >= 0) {
    const [family, given] = [name.slice(0, comma).trim(), name.slice(comma + 1).trim()]
    return family && given ? { family, given } : undefined
  }
  const words = name.trim().split(/\s+/)
  if (order === 'whole' || words.length < 2) return undefined
  const at = order === 'given-first' ? words.length - 1 : 0
  return { family: words[at] ?? '', given: words.toSpliced(at, 1).join(' ') }
}
