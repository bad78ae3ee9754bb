import { isIPv6 } from 'node:net'

/** Wrong keys in a row that cost nothing: a person who mistypes, a client that was restarted with an old key. */
const FREE = 10
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** An entry without a wrong key for this long is forgotten. */
const FORGOTTEN_AFTER_MS = 15 * 60_000
/** Entries kept, of about 200 bytes each; beyond that the oldest are forgotten. */
const KEPT_AT_MOST = 20_000

type Entry = { count: number; lastAt: number; until: number }

/** Counts wrong keys by caller and claimed name. */
export type RefusedKeys = ReturnType<typeof openRefusedKeys>

/**
 * Slows down those who guess: after ten wrong keys from one address under one name, each further one doubles a pause, up
 * to a minute, in which keys of that address and name are not even compared. A name is held only for the address that
 * guessed, so strangers lock no application out. In this process alone: a fleet of n gives n times as many guesses.
 */
export function openRefusedKeys(now: () => number = () => performance.now()) {
  // insertion order is the order of the last wrong key
  const entries = new Map<string, Entry>()

  return {
    /** How long, in ms, this caller must wait before another key is compared; 0: not at all. */
    waitMs(address: string, name: string): number {
      if (entries.size === 0) return 0
      const entry = entries.get(entryName(address, name))
      return entry ? Math.max(0, entry.until - now()) : 0
    },

    /** Counts a wrong key. Returns the length in ms of the pause that it begins; 0 if it begins none. */
    refused(address: string, name: string): number {
      const at = now()
      const id = entryName(address, name)
      const known = entries.get(id)
      const count = known && at - known.lastAt < FORGOTTEN_AFTER_MS ? known.count + 1 : 1
      const pauseMs = count < FREE ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(count - FREE, 10))
      entries.delete(id)
      entries.set(id, { count, lastAt: at, until: at + pauseMs })
      for (const [oldest, { lastAt }] of entries) {
        if (entries.size <= KEPT_AT_MOST && at - lastAt < FORGOTTEN_AFTER_MS) break
        entries.delete(oldest)
      }
      return pauseMs
    },
  }
}

/** One household or server has a whole /64 of IPv6 addresses. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::', 2)
  const groups = head.split(':').filter(Boolean)
  const rest = tail.split(':').filter(Boolean)
  const all = address.includes('::')
    ? [...groups, ...Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0'), ...rest]
    : groups
  return all
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}

function entryName(address: string, name: string): string {
  return `${networkOf(address)} ${name}`
}
