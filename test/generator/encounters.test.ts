import { encounterFieldPaths, PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import { expect, test } from 'vitest'
import { encounterAt, encountersFrom } from './encounters.ts'
import { randomFrom } from './random.ts'
import { spoiltLine } from './spoil.ts'

const isValid = compileExact(PatientEncounterRequest)
const few = Array.from({ length: 500 }, (_, index) => encounterAt(7, index))

function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}/*`))
  if (value && typeof value === 'object')
    return Object.entries(value).flatMap(([key, item]) => pathsOf(item, `${path}/${key}`))
  return [path]
}

test('every generated encounter is valid', () => {
  expect(few.filter((encounter) => !isValid(encounter))).toEqual([])
})

test('every field is there in some and each optional one is missing in others', () => {
  const counts = new Map<string, number>()
  for (const encounter of few)
    for (const path of new Set(pathsOf(encounter))) counts.set(path, (counts.get(path) ?? 0) + 1)
  expect([...counts.keys()].toSorted()).toEqual([...encounterFieldPaths].toSorted())
  const always = [...counts].filter(([, count]) => count === few.length).map(([path]) => path)
  expect(always.toSorted()).toEqual([
    '/Encounter/EncounterDateTime',
    '/Encounter/PatientClassId',
    '/Encounter/ReasonForVisit',
    '/PatientId',
    '/UserId',
  ])
})

test('the same place of a seed is always the same, and others differ', () => {
  expect(encountersFrom(7, 3).next().value).toEqual(few[3])
  expect(encounterAt(8, 3)).not.toEqual(few[3])
  expect(new Set(few.map((encounter) => encounter.PatientId)).size).toBe(few.length)
})

test('a spoilt line is refused', () => {
  const random = randomFrom(1)
  for (const encounter of few.slice(0, 100)) {
    const line = spoiltLine(encounter, random)
    expect(parsed(line) === undefined || !isValid(parsed(line))).toBe(true)
  }
})

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
