import { HOUR, DAY } from '@encounter-gateway/shared/durations.ts'
import { comparedWith, type Compared, type Likeness, type Span } from '../claim.ts'
import { codesOf, type ListedEncounter } from './answers.ts'
import { keysIn, plainCode } from './encounter.ts'

/** The status of an order group until someone works on it. */
const TEMP = 'TEMP'
const DELETED = 'DELETED'

/** What the order group of one order looks like as an encounter. */
export type Sought = {
  key: string
  departmentId: string
  providerId: string | undefined
  /** The whole note that would be written. */
  note: string
  codes: string[]
}

/** Whether to read an encounter's note at all: athena assigns type and department to what we asked it to create. */
export function mayBeOurs({ encountertype, departmentid }: ListedEncounter, { departmentId }: Sought): boolean {
  return (encountertype || 'ORDERSONLY') === 'ORDERSONLY' && (departmentid || departmentId) === departmentId
}

/** Whose key a note holds: ours, another job's, or none. */
export function keyIn(note: string, { key }: Sought): 'ours' | "another's" | 'none' {
  const keys = keysIn(note)
  if (keys.includes(key)) return 'ours'
  return keys.length > 0 ? "another's" : 'none'
}

/** Whether someone has revoked the encounter. */
export function isDeleted({ status }: ListedEncounter): boolean {
  return status === DELETED
}

/**
 * Compares an encounter without a key with what the order would have put there. A note or a diagnosis of its own is a
 * difference; another provider is unclear, since athena picks one if none is named, and it is not documented who counts
 * as an encounter's provider.
 */
export function likenessOf(encounter: ListedEncounter, note: string, sought: Sought): Likeness {
  const ours = new Set(sought.codes.map(plainCode))
  const isNoteOurs = note === '' || note === sought.note
  const areCodesOurs = codesOf(encounter).every((code) => ours.has(plainCode(code)))
  const provider = comparedWith(sought.providerId, encounter.providerid)
  return {
    made: spanOf(encounter.encounterdate),
    isOpen: encounter.status === TEMP,
    compared: [
      comparedWith('ORDERSONLY', encounter.encountertype),
      comparedWith(sought.departmentId, encounter.departmentid),
      provider === 'different' ? 'unclear' : provider,
      ...[isNoteOurs, areCodesOurs].map((isSame): Compared => (isSame ? 'same' : 'different')),
    ],
  }
}

/** The day of `MM/DD/YYYY`, in any time zone on earth: athena shows no time, and its days are the practice's own. */
function spanOf(day: string | undefined): Span | undefined {
  const [, month, date, year] = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(day ?? '') ?? []
  if (year === undefined) return undefined
  const start = Date.UTC(Number(year), Number(month) - 1, Number(date))
  return { from: start - 14 * HOUR, to: start + DAY + 12 * HOUR }
}

/**
 * Days as athena writes them, up to one day after `now`, since its days begin in the practice's time zone; from
 * `searchBackDays` before it, or from the day before the first attempt if that is longer ago.
 */
export function searchDays(now: number, searchBackDays: number, firstAttemptAt = now) {
  return { startdate: dayOf(Math.min(now - searchBackDays * DAY, firstAttemptAt - DAY)), enddate: dayOf(now + DAY) }
}

function dayOf(at: number): string {
  const [year, month, day] = new Date(at).toISOString().slice(0, 10).split('-')
  return `${month}/${day}/${year}`
}
