import { comparedWith, type Compared, type Likeness } from '../claim.ts'
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

/** The number of the encounter that a row is about; empty if it has none: 0 and -1 are how Unity says that there is none. */
export function encounterIdIn(row: Row): string {
  const id = valueIn(row, 'EncounterID', 'ID')
  return /^[1-9]\d*$/.test(id) ? id : ''
}

export type Sought = Occasion & { patientId: string }

/** A line with nothing in it is how some actions say that there is nothing. */
export function isEmpty(row: Row): boolean {
  return valueIn(row, 'EncounterID', 'ID') === '' && timeIn(row) === ''
}

/**
 * What a listed encounter shows of the one that an order asked for. Unity shows neither when an encounter was made nor how it
 * stands. Another patient or minute is a difference. Unclear is what cannot be compared (a time that cannot be read, a day without a
 * time, a type by another name, no number), and a visit or a comment of the scheduling's: that makes encounters of its own.
 */
export function likenessOf(row: Row, sought: Sought): Likeness {
  const isScheduled = !['', '0'].includes(valueIn(row, 'VisitID')) || valueIn(row, 'ApptComment') !== ''
  const type = comparedWith(sought.type.toLowerCase(), valueIn(row, 'EncounterType', 'Type').toLowerCase())
  return {
    made: undefined,
    isOpen: undefined,
    compared: [
      comparedWith(sought.patientId, valueIn(row, 'PatientID')),
      sameMinute(minuteOf(timeIn(row)), sought.when),
      type === 'different' ? 'unclear' : type,
      encounterIdIn(row) === '' || isScheduled ? 'unclear' : 'same',
    ],
  }
}

function timeIn(row: Row): string {
  return valueIn(row, 'DTTM', 'EncounterDTTM', 'EncounterDate', 'EncounterDateTime')
}

function sameMinute(minute: string | undefined, when: string): Compared {
  if (minute === undefined || minute === `${when.slice(0, 10)}T00:00`)
    return minute === when.slice(0, 16) ? 'same' : 'unclear'
  return minute === when.slice(0, 16) ? 'same' : 'different'
}
