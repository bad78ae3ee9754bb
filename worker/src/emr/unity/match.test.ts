import { expect, test } from 'vitest'
import { encounterIdIn, valueIn, whose } from './match.ts'

const sought = { patientId: '22', type: 'Office Visit', when: '2025-12-12T20:56:11' }
const row = { patientid: '22', ID: '880100', DTTM: 'Dec 12 2025  8:56PM', EncounterType: 'office visit' }

test('reads a value whatever the capitals of its name', () => {
  expect(valueIn({ encounterid: 5 }, 'EncounterID')).toBe('5')
  expect(valueIn({ EncounterID: ' ', id: 'x' }, 'EncounterID', 'ID')).toBe('x')
  expect(encounterIdIn({ ID: '1', Encounterid: '2' })).toBe('2')
  expect(encounterIdIn({ VisitID: '1' })).toBe('')
})

test.each([
  ['is the same patient, minute and type', row, 'alike'],
  ['says neither whose it is nor of what type', { ID: '880100', DTTM: '12/12/2025 20:56' }, 'alike'],
  ["is another patient's", { ...row, patientid: '23' }, 'other'],
  ['is of another minute', { ...row, DTTM: 'Dec 12 2025  8:57PM' }, 'other'],
  ['is of another day', { ...row, DTTM: '12/13/2025' }, 'other'],
  ['is empty', { patientid: '22', ID: '', DTTM: '' }, 'other'],
  ['is of that day without a time', { ...row, DTTM: '12/12/2025' }, 'unclear'],
  ['has a type by another name', { ...row, EncounterType: 'OV' }, 'unclear'],
  ['has a time that cannot be read', { ...row, DTTM: 'last Friday' }, 'unclear'],
  ['has no number', { ...row, ID: '' }, 'unclear'],
])('a listed encounter that %s', (_case, listed, verdict) => {
  expect(whose(listed, sought)).toBe(verdict)
})
