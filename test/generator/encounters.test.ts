import { encounterFieldPaths, PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { contradictionsIn, encounterStateOf } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
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

const mistakesIn = (encounter: unknown) =>
  isValid(encounter)
    ? contradictionsIn((encounter as PatientEncounterRequest).Encounter, { now: Date.now() })
    : ['form']

test('every generated encounter is valid and free of contradictions', () => {
  expect(few.filter((encounter) => mistakesIn(encounter).length > 0)).toEqual([])
})

test('generates planned, begun and finished encounters, with a status and without', () => {
  const states = few.map(({ Encounter }) => encounterStateOf(Encounter, { now: Date.now() }))
  const kinds = new Set(states.map(({ phase, told }) => `${phase} ${told}`))
  expect([...kinds].toSorted()).toEqual([
    'arrived true',
    'finished false',
    'finished true',
    'in-progress false',
    'in-progress true',
    'planned false',
    'planned true',
  ])
})

test('every field is present in some and each optional one is missing in others', () => {
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

test("the same place in a seed's sequence is always the same, and others differ", () => {
  expect(encountersFrom(7, 3).next().value).toEqual(few[3])
  expect(encounterAt(8, 3)).not.toEqual(few[3])
  expect(new Set(few.map((encounter) => encounter.PatientId)).size).toBe(few.length)
})

test('a spoilt line is refused', () => {
  const random = randomFrom(1)
  for (const encounter of few.slice(0, 100)) {
    const line = spoiltLine(encounter, random)
    expect(parsed(line) === undefined || mistakesIn(parsed(line)).length > 0).toBe(true)
  }
})

test.for([
  [['--help'], 0],
  [['--cuont', '3'], 64],
] as const)('generate %s shows its usage, and no stack', ([args, exitCode]) => {
  const script = fileURLToPath(new URL('generate.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  expect(status).toBe(exitCode)
  expect(stdout + stderr).toMatch(/^Usage: npm run -s generate/)
  expect(stderr).not.toContain('    at ')
})

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
