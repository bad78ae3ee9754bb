import { minuteOf } from './date-time.ts'
import type { Occasion } from './encounter.ts'

/** A line of an answer, as Unity has it. Whether names have capitals differs between actions and versions. */
export type Row = Record<string, unknown>

/** The first of these that the row has with something in it, whatever the capitals; empty if there is none. */
export function valueIn(row: Row, ...wanted: string[]): string {
  const lower = wanted.map((name) => name.toLowerCase())
  const filled = Object.entries(row).filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  const values = new Map(filled.map(([name, value]) => [name.toLowerCase(), String(value).trim()]))
  return lower.map((name) => values.get(name) ?? '').find((value) => value !== '') ?? ''
}

/** The number of the encounter that a row is about; empty if it tells none. */
export function encounterIdIn(row: Row): string {
  return valueIn(row, 'EncounterID', 'ID')
}

export type Sought = Occasion & { patientId: string }

/**
 * Whether a listed encounter looks like the one that an order asked for: `alike` with the same patient, minute and type;
 * `unclear` where it cannot be compared (a time that cannot be read, a day without a time, a type by another name, no number);
 * else `other`.
 */
export function whose(row: Row, sought: Sought): 'alike' | 'unclear' | 'other' {
  const patientId = valueIn(row, 'PatientID')
  if (patientId !== '' && patientId !== sought.patientId) return 'other'
  const encounterId = encounterIdIn(row)
  const time = valueIn(row, 'DTTM', 'EncounterDTTM', 'EncounterDate', 'EncounterDateTime')
  // A line with nothing in it is how some actions say that there is nothing.
  if (encounterId === '' && time === '') return 'other'
  const minute = minuteOf(time)
  if (minute === undefined) return 'unclear'
  if (minute !== sought.when.slice(0, 16)) return minute === `${sought.when.slice(0, 10)}T00:00` ? 'unclear' : 'other'
  const type = valueIn(row, 'EncounterType', 'Type')
  const sameType = type === '' || type.toLowerCase() === sought.type.toLowerCase()
  return sameType && encounterId !== '' ? 'alike' : 'unclear'
}
