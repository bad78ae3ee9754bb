import { encounterFieldPaths, takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { notCarried, valuesOf, type Carried, type FieldPath } from './not-carried.ts'

test('finds all 82 fields in the sample, each by its path', () => {
  const paths = new Set(valuesOf(takeEncounter(sample)).map(({ path }) => path))
  expect([...paths].toSorted()).toEqual(encounterFieldPaths.toSorted())
})

test('points at each value with its real indexes', () => {
  const encounter = { UserId: 'u', PatientId: 'p', Encounter: { ICD10DXCodeIds: ['A', 'B'], Location: {} } }
  expect(valuesOf(encounter)).toEqual([
    { pointer: '/UserId', path: '/UserId', value: 'u' },
    { pointer: '/PatientId', path: '/PatientId', value: 'p' },
    { pointer: '/Encounter/ICD10DXCodeIds/0', path: '/Encounter/ICD10DXCodeIds/*', value: 'A' },
    { pointer: '/Encounter/ICD10DXCodeIds/1', path: '/Encounter/ICD10DXCodeIds/*', value: 'B' },
  ])
})

test('reports every value that is not vouched for', () => {
  const encounter = { UserId: 'u', PatientId: 'p', Encounter: { ICD10DXCodeIds: ['A', 'B'] } }
  const arrives = ({ path, value }: { path: string; value: string }) => path === '/PatientId' || value === 'B'
  expect(notCarried(encounter, arrives)).toEqual(['/UserId', '/Encounter/ICD10DXCodeIds/0'])
})

test('the type of a path knows the fields of the request and no others', () => {
  const known: FieldPath[] = ['/PatientId', '/Encounter/Insurances/*/Phones/*/Number', '/Encounter/ICD10DXCodeIds/*']
  for (const path of known) expect(encounterFieldPaths).toContain(path)
  // @ts-expect-error no such field
  const unknown: Carried = { '/Encounter/Nothing': 'nowhere' }
  expect(Object.keys(unknown)).toHaveLength(1)
})
