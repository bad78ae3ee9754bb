import { closest, distance } from 'fastest-levenshtein'

/** Names are shown up to this length, in characters; longer ones get no suggestion. */
export const MAX_NAME_LENGTH = 64

/**
 * The known name that was probably meant. Ignores letter case. A third of the letters may be wrong, and two in any name
 * of four or more, so that two swapped letters are still recognised.
 */
export function nearestName(name: string, known: string[]): string | undefined {
  if (name.length > MAX_NAME_LENGTH || known.length === 0) return undefined
  const lower = name.toLowerCase()
  const lowerKnown = known.map((each) => each.toLowerCase())
  const nearest = closest(lower, lowerKnown)
  const allowed = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))
  return distance(lower, nearest) <= allowed ? known[lowerKnown.indexOf(nearest)] : undefined
}
