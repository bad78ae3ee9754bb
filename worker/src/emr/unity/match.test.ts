import { expect, test } from 'vitest'
import { verdictOn } from '../claim.ts'
import { encounterIdIn, isEmpty, likenessOf, valueIn } from './match.ts'

const sought = { patientId: '22', type: 'Office Visit', when: '2025-12-12T20:56:11' }
const row = { patientid: '22', ID: '880100', DTTM: 'Dec 12 2025  8:56PM', EncounterType: 'office visit' }
const attempts = { firstAttemptAt: 1_000, lastAttemptOverAt: 2_000 }

test('reads a value whatever the capitals of its name', () => {
  expect(valueIn({ encounterid: 5 }, 'EncounterID')).toBe('5')
  expect(valueIn({ EncounterID: ' ', id: 'x' }, 'EncounterID', 'ID')).toBe('x')
})

test.each([
  [{ ID: '1', Encounterid: '2' }, '2'],
  [{ EncounterID: 880100 }, '880100'],
  [{ VisitID: '1' }, ''],
  [{ EncounterID: '0' }, ''],
  [{ EncounterID: '0', ID: '5' }, ''],
  [{ ID: '-1' }, ''],
  [{ ID: 'none' }, ''],
])('the number of the encounter in %j is %j', (answered, id) => {
  expect(encounterIdIn(answered)).toBe(id)
})

test('a line without content is none', () => {
  expect(isEmpty({ patientid: '22', ID: '', DTTM: '' })).toBe(true)
  expect(isEmpty(row)).toBe(false)
})

test.each([
  ['is the same patient, minute and type', row, 'ours'],
  ['says neither whose it is nor of what type', { ID: '880100', DTTM: '12/12/2025 20:56' }, 'unclear'],
  ["is another patient's", { ...row, patientid: '23' }, 'other'],
  ['is of another minute', { ...row, DTTM: 'Dec 12 2025  8:57PM' }, 'other'],
  ['is of another day', { ...row, DTTM: '12/13/2025' }, 'other'],
  ['is of that day without a time', { ...row, DTTM: '12/12/2025' }, 'unclear'],
  ['has a type by another name', { ...row, EncounterType: 'OV' }, 'unclear'],
  ['has a time that cannot be read', { ...row, DTTM: 'last Friday' }, 'unclear'],
  ['has no number', { ...row, ID: '' }, 'unclear'],
  ['has the number 0', { ...row, ID: '0' }, 'unclear'],
  ["is the scheduling's", { ...row, VisitID: '4711' }, 'unclear'],
  ['has a comment of the scheduling', { ...row, ApptComment: 'follow-up' }, 'unclear'],
  ['has no visit', { ...row, VisitID: '0' }, 'ours'],
])('a listed encounter that %s', (_case, listed, verdict) => {
  const likeness = likenessOf(listed, sought)
  expect(verdictOn(likeness, attempts, { adopts: true })).toBe(verdict)
  // Unity does not show when it was created
  expect(verdictOn(likeness, attempts, { adopts: false })).toBe(verdict === 'ours' ? 'unclear' : verdict)
})
