import { encounterFieldPaths, takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { valuesOf } from '../carried/not-carried.ts'
import { segment } from './api.ts'
import {
  bookingForm,
  carried,
  departmentOf,
  diagnosisForm,
  keysIn,
  noteOf,
  notCarriedByAppointment,
  notCarriedByOrderGroup,
  orderGroupForm,
  patientIdOf,
} from './encounter.ts'
import type { Settings } from './options.ts'

const settings: Settings = {
  baseUrl: 'https://athena.example',
  auth: { tokenUrl: 'https://athena.example/token', clientId: 'c', clientSecret: 's' },
  practiceId: '1',
  route: 'order-group',
  departmentId: '7',
  departmentFrom: 'UnitId',
  statusCodes: {},
  patientIdTypes: ['sample string 3'],
  snomedCodes: { 'J18.9': '233604007' },
  keyInNote: true,
  adoptUnmarked: false,
  searchBackDays: 4,
  requestsPerSecond: 5,
}
const encounter = takeEncounter(sample)
const key = 'k2345678901234567890'

test('the field table names fields of the request only', () => {
  expect(encounterFieldPaths).toEqual(expect.arrayContaining(Object.keys(carried)))
})

test('a field absent from the table is never carried, and one in it is carried by at least one route', () => {
  const appointment = { appointmentstatus: 'f', appointmenttypeid: 'sample string 3', providerid: 'sample string 1' }
  const byAppointment = new Set(notCarriedByAppointment(encounter, settings, appointment, new Set()))
  const byOrderGroup = notCarriedByOrderGroup(encounter, settings, new Set())
  const lost = new Set(byOrderGroup.filter((pointer) => byAppointment.has(pointer)))
  const arrived = valuesOf(encounter).filter(({ pointer }) => !lost.has(pointer))
  expect(arrived.map(({ path }) => path).filter((path) => !Object.hasOwn(carried, path))).toEqual([])
  const other = { ...settings, departmentFrom: 'HospitalId' as const, appointmentCustomField: 'sample string 1' }
  const byOther = notCarriedByAppointment(encounter, other, { appointmentstatus: 'f' }, new Set())
  expect(byOther).not.toContain('/Encounter/CustomFields/0/ResponseValue')
  expect(byOther).toContain('/Encounter/CustomFields/1/ResponseValue')
  expect(byOther).toContain('/Encounter/EncounterAlias')
})

test('a refused part is reported as not carried', () => {
  const failed = new Set(['/Encounter/ICD10DXCodeIds/1'])
  const lost = notCarriedByOrderGroup(encounter, settings, failed)
  expect(lost).toContain('/Encounter/ICD10DXCodeIds/1')
  expect(lost).not.toContain('/Encounter/ICD10DXCodeIds/0')
})

test('the department is the part of the location that the connection names, else its own', () => {
  expect(departmentOf(encounter, settings)).toBe('sample string 2')
  expect(departmentOf(encounter, { ...settings, departmentFrom: 'HospitalId' })).toBe('sample string 3')
  expect(departmentOf(encounter, { ...settings, departmentFrom: 'none' })).toBe('7')
  expect(departmentOf({ ...encounter, Encounter: {} }, settings)).toBe('7')
  expect(orderGroupForm({ ...encounter, Encounter: {} }, settings)).toEqual({ departmentid: '7' })
})

test('a patient number of another kind is refused', () => {
  expect(patientIdOf(encounter, settings)).toBe('sample string 2')
  expect(patientIdOf({ UserId: 'u', PatientId: '5', Encounter: {} }, settings)).toBe('5')
  expect(() => patientIdOf({ ...encounter, PatientIdType: 'MRN' }, settings)).toThrow("athena's own")
})

test('the key is found again in a note', () => {
  expect(noteOf(encounter, key)).toBe('sample string 5 [ref k2345678901234567890]')
  expect(keysIn(noteOf(encounter, key))).toEqual([key])
  expect(noteOf({ ...encounter, Encounter: {} }, key)).toBe('[ref k2345678901234567890]')
  expect(noteOf({ ...encounter, Encounter: {} }, undefined)).toBe('')
  expect(keysIn('[ref us-core] [ref 12345678901234567890]')).toEqual([])
})

test('a SNOMED code is sent with the ICD-10 code that it is configured for', () => {
  expect(diagnosisForm('J18.9', settings)).toEqual({ icd10codes: 'J18.9', snomedcode: '233604007' })
  expect(diagnosisForm('toString', settings)).toEqual({ icd10codes: 'toString' })
})

test('an open slot is not booked without a type of appointment', () => {
  expect(bookingForm(encounter, settings)).toMatchObject({ appointmenttypeid: 'sample string 3' })
  expect(() => bookingForm({ ...encounter, Encounter: {} }, settings)).toThrow('type of appointment')
})

test.each(['', '.', '..', '\ud800'])('%j is not a segment of a path', (id) => {
  expect(() => segment(id, '/PatientId')).toThrow('not a valid identifier')
})

test('an identifier stays one segment', () => {
  expect(segment('a/b?c', '/PatientId')).toBe('a%2Fb%3Fc')
})
