import { codesOf, type ListedEncounter } from './answers.ts'
import { keysIn, plainCode } from './encounter.ts'

/** What the order group of one order looks like once it is an encounter. */
export type Sought = {
  key: string
  departmentId: string
  providerId: string | undefined
  /** The whole note that would be written. */
  note: string
  codes: string[]
}

/** Whether to read an encounter's note at all: type and department are athena's own words for what we asked it to make. */
export function mayBeOurs({ encountertype, departmentid }: ListedEncounter, { departmentId }: Sought): boolean {
  return (encountertype || 'ORDERSONLY') === 'ORDERSONLY' && (departmentid || departmentId) === departmentId
}

/**
 * Whose encounter it is, with its note read: `ours` by the key in it, `alike` if it has no key and nothing that the order
 * would not have put there, `other` if it has somebody else's, `unclear` if only the provider speaks against it: athena
 * picks one where none is named, and who counts as an encounter's provider is not documented.
 */
export function whose(
  encounter: ListedEncounter,
  note: string,
  sought: Sought,
): 'ours' | 'alike' | 'other' | 'unclear' {
  const keys = keysIn(note)
  if (keys.includes(sought.key)) return 'ours'
  if (keys.length > 0 || (note !== '' && note !== sought.note)) return 'other'
  const codes = new Set(sought.codes.map(plainCode))
  if (codesOf(encounter).some((code) => !codes.has(plainCode(code)))) return 'other'
  const provider = encounter.providerid || sought.providerId
  return sought.providerId === undefined || provider === sought.providerId ? 'alike' : 'unclear'
}

/** Days as athena writes them, `searchBackDays` before now to one after it: its days begin in the practice's time zone. */
export function searchDays(now: Date, searchBackDays: number): { startdate: string; enddate: string } {
  return { startdate: dayOf(now, -searchBackDays), enddate: dayOf(now, 1) }
}

function dayOf(now: Date, plusDays: number): string {
  const [year, month, day] = new Date(now.getTime() + plusDays * 86_400_000).toISOString().slice(0, 10).split('-')
  return `${month}/${day}/${year}`
}
