import { comparedWith, type Compared, type Likeness } from '../claim.ts'
import { minuteOf } from './date-time.ts'
import type { Occasion } from './encounter.ts'

/** A row of an answer from Unity. The letter case of names differs between actions and versions. */
export type Row = Record<string, unknown>

/** The first of these names that has a value in the row, in any letter case; empty if none has. */
export function valueIn(row: Row, ...wanted: string[]): string {
  const lower = wanted.map((name) => name.toLowerCase())
  const filled = Object.entries(row).filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  const values = new Map(filled.map(([name, value]) => [name.toLowerCase(), String(value).trim()]))
  return lower.map((name) => values.get(name) ?? '').find((value) => value !== '') ?? ''
}

/** The number of the encounter in a row; empty if it has none: 0 and -1 are Unity's values for none. */
export function encounterIdIn(row: Row): string {
  const id = valueIn(row, 'EncounterID', 'ID')
  return /^[1-9]\d*$/.test(id) ? id : ''
}

export type Sought = Occasion & { patientId: string }

/** Some actions answer with an empty row if there is nothing. */
export function isEmpty(row: Row): boolean {
  return valueIn(row, 'EncounterID', 'ID') === '' && timeIn(row) === ''
}

/**
 * Compares a listed encounter with the one that an order requested. Unity shows neither when an encounter was created
 * nor its state. Another patient or minute is a difference. It is unclear if something cannot be compared (an
 * unreadable time, a day without a time, a type by another name, no number), or has a visit or a comment of the
 * scheduling, which creates encounters of its own.
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
