import { expect, test } from 'vitest'
import { pointersInto } from './pointers.ts'

test('keeps pointers that follow the request from name to name', () => {
  const pointers = [
    '/PatientId',
    '/Encounter',
    '/Encounter/Insurances/0/Phones/12/Number',
    '/Encounter/ICD10DXCodeIds/3',
  ]
  expect(pointersInto(pointers)).toEqual(pointers)
})

test('drops everything by which an EMR could quote the patient', () => {
  expect(
    pointersInto([
      '/PatientId/Jane Doe',
      '/Jane',
      'PatientId',
      '',
      '/',
      '/Encounter/ICD10DXCodeIds/20250101',
      '/toString',
      5,
      null,
    ]),
  ).toEqual([])
  expect(pointersInto('/PatientId')).toEqual([])
})

test('keeps at most 50', () => {
  expect(pointersInto(Array.from({ length: 99 }, () => '/UserId'))).toHaveLength(50)
})
