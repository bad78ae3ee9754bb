import { expect, test } from 'vitest'
import { verdictOn } from '../claim.ts'
import { keyIn, likenessOf, mayBeOurs, searchDays, type Sought } from './match.ts'

const sought: Sought = {
  key: 'k2345678901234567890',
  departmentId: '1',
  providerId: '71',
  note: 'Cough [ref k2345678901234567890]',
  codes: ['R07.9', 'J18.9'],
}
const noon = Date.parse('2026-11-20T12:00:00Z')
const attempts = { firstAttemptAt: noon, lastAttemptOverAt: noon + 60_000 }
const listed = {
  encounterid: '9',
  encountertype: 'ORDERSONLY',
  encounterdate: '11/20/2026',
  status: 'TEMP',
  departmentid: '1',
  providerid: '71',
}

test('considers order groups of the department only', () => {
  expect(mayBeOurs(listed, sought)).toBe(true)
  expect(mayBeOurs({ encounterid: '9' }, sought)).toBe(true)
  expect(mayBeOurs({ ...listed, encountertype: 'VISIT' }, sought)).toBe(false)
  expect(mayBeOurs({ ...listed, departmentid: '2' }, sought)).toBe(false)
})

test.each([
  [sought.note, 'ours'],
  [`Cough, worse ${sought.note}`, 'ours'],
  ['Cough [ref z2345678901234567890]', "another's"],
  ['Cough', 'none'],
  ['', 'none'],
])('the key in the note %j is %s', (note, whose) => {
  expect(keyIn(note, sought)).toBe(whose)
})

test.each([
  ['is empty', {}, '', 'ours'],
  ['has the note that was sent', {}, sought.note, 'ours'],
  ['has a note of its own', {}, 'Cough', 'other'],
  ['has some of our diagnoses', { diagnoses: [{ icdcodes: [{ code: 'J189' }] }] }, '', 'ours'],
  ['has a diagnosis of its own', { diagnoses: [{ icd10code: 'Z00.0' }] }, '', 'other'],
  ['is by another provider', { providerid: '5' }, '', 'unclear'],
  ['does not say by whom it is', { providerid: '' }, '', 'unclear'],
  ['does not say of what type it is', { encountertype: '' }, '', 'unclear'],
  ['is closed', { status: 'CLOSED' }, '', 'unclear'],
  ['is deleted', { status: 'DELETED' }, '', 'unclear'],
  ['is worked on', { status: 'OPEN' }, '', 'unclear'],
  ['is of two days earlier', { encounterdate: '11/18/2026' }, '', 'other'],
  ['is of two days later', { encounterdate: '11/22/2026' }, '', 'unclear'],
])('an encounter without a key that %s', (_case, part, note, verdict) => {
  const likeness = likenessOf({ ...listed, ...part }, note, sought)
  expect(verdictOn(likeness, attempts, { adopts: true })).toBe(verdict)
  // a day is all that athena says of its age
  expect(verdictOn(likeness, attempts, { adopts: false })).toBe(verdict === 'ours' ? 'unclear' : verdict)
})

test('any provider matches if the order names none', () => {
  const likeness = likenessOf({ ...listed, providerid: '5' }, '', { ...sought, providerId: undefined })
  expect(verdictOn(likeness, attempts, { adopts: true })).toBe('ours')
})

test('searches from some days ago to tomorrow, over the end of a year, and as far back as the first attempt', () => {
  const now = Date.parse('2027-01-02T23:30:00Z')
  expect(searchDays(now, 4)).toEqual({ startdate: '12/29/2026', enddate: '01/03/2027' })
  expect(searchDays(now, 4, Date.parse('2026-12-20T01:00:00Z')).startdate).toBe('12/19/2026')
})
