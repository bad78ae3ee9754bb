import { expect, test } from 'vitest'
import { isFhirCode, isFhirId, listOf, withoutUnusable } from './values.ts'

test('leaves out what FHIR cannot represent, and points at it', () => {
  const request = {
    UserId: 'u',
    PatientId: 'p',
    Encounter: {
      FormType: ' ',
      ReasonForVisit: 'a\tb\r\nc',
      ReferClientId: 'a\u0007b',
      ICD10DXCodeIds: ['', 'B'],
      ProvidersType: [{ NPI: '' }],
      Location: { BedId: '\u0000' },
    },
  }
  const { usable, unusable } = withoutUnusable(request)
  expect(unusable.toSorted()).toEqual([
    '/Encounter/FormType',
    '/Encounter/ICD10DXCodeIds/0',
    '/Encounter/Location/BedId',
    '/Encounter/ProvidersType/0/NPI',
    '/Encounter/ReferClientId',
  ])
  expect(usable).toEqual({
    UserId: 'u',
    PatientId: 'p',
    Encounter: { ReasonForVisit: 'a\tb\r\nc', ICD10DXCodeIds: ['', 'B'], ProvidersType: [{}], Location: {} },
  })
})

test('a request that FHIR can represent stays unchanged', () => {
  const request = { UserId: 'u', PatientId: 'p', Encounter: { FormType: 'x' } }
  expect(withoutUnusable(request)).toEqual({ usable: request, unusable: [] })
})

test('recognises ids and codes', () => {
  for (const id of ['1', 'A-b.9', 'x'.repeat(64)]) expect(isFhirId(id)).toBe(true)
  for (const id of ['', 'a b', 'a/b', 'x'.repeat(65), 'ä']) expect(isFhirId(id)).toBe(false)
  for (const code of ['a', 'a b c']) expect(isFhirCode(code)).toBe(true)
  for (const code of ['', ' a', 'a ', 'a  b']) expect(isFhirCode(code)).toBe(false)
})

test('makes no empty lists', () => {
  expect(listOf([undefined])).toBeUndefined()
  expect(listOf([undefined, 0])).toEqual([0])
})
