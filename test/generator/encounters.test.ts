import {
  encounterFieldPaths,
  PatientEncounterRequest,
  type PatientEncounter,
} from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { contradictionsIn, encounterStateOf } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { compileExact } from '@encounter-gateway/shared/contract/compile.ts'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { encounterAt, encountersFrom } from './encounters.ts'
import { npiOf } from './providers.ts'
import { randomFrom } from './random.ts'
import { spoiltLine } from './spoil.ts'

const isValid = compileExact(PatientEncounterRequest)
const many = Array.from({ length: 2_000 }, (_, index) => encounterAt(11, index))
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
  expect(new Set(few.map((encounter) => JSON.stringify(encounter))).size).toBe(few.length)
})

test('patients return, with the same insurances and guarantor', () => {
  const byPatient = Map.groupBy(few, ({ PatientId }) => PatientId)
  const returned = [...byPatient.values()].filter((encounters) => encounters.length > 1)
  expect(returned.length).toBeGreaterThan(few.length / 20)
  const of = (encounters: PatientEncounter[], value: (encounter: PatientEncounter['Encounter']) => unknown) =>
    new Set(encounters.flatMap(({ Encounter }) => JSON.stringify(value(Encounter)) ?? [])).size
  for (const encounters of returned) {
    expect(of(encounters, ({ GuarantorId }) => GuarantorId)).toBeLessThanOrEqual(1)
    const policies = ({ Insurances }: PatientEncounter['Encounter']) => Insurances?.map((each) => each.PolicyNumber)
    expect(of(encounters, policies)).toBeLessThanOrEqual(1)
  }
})

/** What a clinician would object to in an encounter. */
function objections({ Encounter }: PatientEncounter): string[] {
  const { PatientClassId: is = '', EncounterStatusId, DischargeDateTime, Location, ReasonForVisit } = Encounter
  const rules: Record<string, boolean> = {
    'gone, though not finished': !!EncounterStatusId && EncounterStatusId !== 'finished' && !!DischargeDateTime,
    'preadmitted and gone': is === 'P' && !!DischargeDateTime,
    'an emergency elsewhere': is === 'E' && !!Location && Location.UnitId !== 'ED',
    'a bed for a visit': 'OR'.includes(is) && !!(Location?.BedId ?? Encounter.EstimatedLengthOfStay),
    'labor as something else': ReasonForVisit === 'Labor, term pregnancy' && !'BP'.includes(is),
    'a prenatal visit in hospital': ReasonForVisit === 'Prenatal visit' && is !== 'O',
    'a child that pays': ReasonForVisit === 'Well-child visit' && Encounter.GuarantorRelationshipToPatientId === 'SEL',
  }
  const relations = (Encounter.Insurances ?? []).map(
    (each) => `${each.PatientRelationshipToSubscriber} ${each.SubscriberRelationshipToPatientId}`,
  )
  return [
    ...Object.keys(rules).filter((rule) => rules[rule]),
    ...relations.filter((both) => !['SEL SEL', 'SPO SPO', 'CHD MTH', 'CHD FTH'].includes(both)),
  ]
}

test('what a clinician would look at goes together', () => {
  expect(many.flatMap(objections)).toEqual([])
})

test("each NPI has its check digit, and a provider's is always the same", () => {
  // the example of CMS: 123456789 has the check digit 3
  expect(npiOf('123456789')).toBe('1234567893')
  const npis = new Map<string, string>()
  for (const { ProviderId = '', NPI } of many.flatMap(({ Encounter }) => Encounter.ProvidersType ?? [])) {
    if (!NPI) continue
    expect(npiOf(NPI.slice(0, 9))).toBe(NPI)
    expect(npis.get(ProviderId) ?? NPI).toBe(NPI)
    npis.set(ProviderId, NPI)
  }
  expect(npis.size).toBeGreaterThan(50)
})

test.for([
  ['inpatient', ['B', 'I', 'P']],
  ['emergency', ['E']],
  ['outpatient', ['O', 'R']],
  ['migration', ['B', 'E', 'I', 'O', 'R']],
] as const)('profile %s has the classes %s', ([profile, classes]) => {
  const encounters = Array.from({ length: 800 }, (_, index) => encounterAt({ seed: 3, profile }, index).Encounter)
  expect(new Set(encounters.map(({ PatientClassId }) => PatientClassId))).toEqual(new Set(classes))
  const finished = encounters.filter(({ DischargeDateTime }) => DischargeDateTime).length
  expect(finished === encounters.length).toBe(profile === 'migration')
})

test('what was seen on a day is valid from that day on', () => {
  const day = Date.UTC(2026, 10, 28)
  for (const now of [day, day + 400 * 24 * 3_600_000]) {
    const seen = Array.from({ length: 200 }, (_, index) => encounterAt({ seed: 5, day }, index).Encounter)
    expect(seen.flatMap((encounter) => contradictionsIn(encounter, { now }))).toEqual([])
  }
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
  [['--count', '3', '--date', 'tomorrow'], 64],
  [['--count', '3', '--profile', 'all'], 64],
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
