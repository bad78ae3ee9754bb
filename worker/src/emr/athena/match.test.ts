import { expect, test } from 'vitest'
import { mayBeOurs, searchDays, whose, type Sought } from './match.ts'

const sought: Sought = {
  key: 'k2345678901234567890',
  departmentId: '1',
  providerId: '71',
  note: 'Cough [ref k2345678901234567890]',
  codes: ['R07.9', 'J18.9'],
}
const listed = { encounterid: '9', encountertype: 'ORDERSONLY', departmentid: '1', providerid: '71' }

test('looks into order groups of the department only', () => {
  expect(mayBeOurs(listed, sought)).toBe(true)
  expect(mayBeOurs({ encounterid: '9' }, sought)).toBe(true)
  expect(mayBeOurs({ ...listed, encountertype: 'VISIT' }, sought)).toBe(false)
  expect(mayBeOurs({ ...listed, departmentid: '2' }, sought)).toBe(false)
})

test.each([
  ['has our key', listed, sought.note, 'ours'],
  ['has our key behind what someone wrote', listed, `Cough, worse ${sought.note}`, 'ours'],
  ['has the key of another job', listed, 'Cough [ref z2345678901234567890]', 'other'],
  ['has a note of its own', listed, 'Cough', 'other'],
  ['is empty', listed, '', 'alike'],
  ['has some of our diagnoses', { ...listed, diagnoses: [{ icdcodes: [{ code: 'J189' }] }] }, '', 'alike'],
  ['has a diagnosis of its own', { ...listed, diagnoses: [{ icd10code: 'Z00.0' }] }, '', 'other'],
  ['is by another provider', { ...listed, providerid: '5' }, '', 'unclear'],
  ['does not say by whom it is', { encounterid: '9' }, '', 'alike'],
])('an encounter that %s', (_case, encounter, note, verdict) => {
  expect(whose(encounter, note, sought)).toBe(verdict)
})

test('any provider will do where the order names none', () => {
  expect(whose({ ...listed, providerid: '5' }, '', { ...sought, providerId: undefined })).toBe('alike')
})

test('searches from some days ago to tomorrow, over the end of a year', () => {
  expect(searchDays(new Date('2027-01-02T23:30:00Z'), 4)).toEqual({ startdate: '12/29/2026', enddate: '01/03/2027' })
})
