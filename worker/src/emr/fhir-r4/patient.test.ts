import { expect, test } from 'vitest'
import { identifierQuery, namedPatient, token } from './patient.ts'

const patient = (PatientId: string, PatientIdType?: string) => ({
  UserId: 'u',
  PatientId,
  Encounter: {},
  ...(PatientIdType !== undefined && { PatientIdType }),
})

test.each([
  [patient('1'), { by: 'id', id: '1' }],
  [patient('1', 'FHIR'), { by: 'id', id: '1' }],
  [patient('1', 'fhir id'), { by: 'id', id: '1' }],
  [patient('1', 'MRN'), { by: 'identifier', system: 'urn:mrn', value: '1' }],
  [patient('1', 'EPI'), { by: 'unknown type' }],
  [patient('1', 'toString'), { by: 'unknown type' }],
  [patient('a b'), { by: 'unknown type' }],
  [patient('a b', 'FHIR'), { by: 'unknown type' }],
])('%j is named by its type', (request, named) => {
  expect(namedPatient(request, { MRN: 'urn:mrn' })).toEqual(named)
})

test('a site can call even FHIR ids an identifier', () => {
  expect(namedPatient(patient('1', 'FHIR'), { FHIR: 'urn:x' })).toMatchObject({ by: 'identifier', system: 'urn:x' })
})

test('escapes separators, and encodes what a query requires', () => {
  expect(token('urn:a', String.raw`x|y,z$\ `)).toBe(String.raw`urn:a|x\|y\,z\$\\ `)
  expect(identifierQuery('http://a.b/c', 'k1')).toBe('identifier=http://a.b/c|k1')
  expect(identifierQuery('urn:a', 'x&y=z#')).toBe('identifier=urn:a|x%26y%3Dz%23')
})
