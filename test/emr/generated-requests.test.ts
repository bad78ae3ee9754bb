import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { forEncounter } from '@encounter-gateway/worker/emr/cerner/coverage.ts'
import { translate as toMillennium } from '@encounter-gateway/worker/emr/cerner/encounter.ts'
import {
  options as cernerOptions,
  siteOf as millenniumOf,
  type CernerOptions,
} from '@encounter-gateway/worker/emr/cerner/options.ts'
import { EmrError } from '@encounter-gateway/worker/emr/emr-error.ts'
import { translate } from '@encounter-gateway/worker/emr/fhir/encounter.ts'
import { options as fhirOptions, type FhirOptions } from '@encounter-gateway/worker/emr/fhir/options.ts'
import { encodeEncounter } from '@encounter-gateway/worker/emr/hl7v2/encounter.ts'
import type { Site } from '@encounter-gateway/worker/emr/hl7v2/options.ts'
import { siteOf } from '@encounter-gateway/worker/emr/hl7v2/site.ts'
import { Value } from '@sinclair/typebox/value'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encounterAt } from '../generator/encounters.ts'
import { readByMedplum, readByNodeHl7Client } from './foreign-parsers.ts'
import { holds } from './hl7v2-holds.ts'
import { parseMessage } from './hl7v2-parser.ts'
import { faultIn } from './hl7v2-rules.ts'
import { differing } from './leaf-values.ts'
import { r4Issues } from './r4-validation.ts'

/** Below 100, so that a PatientId has the 15 characters of CX.1. */
const SEEDS = [1, 7, 19, 42, 77]
const generated = SEEDS.flatMap((seed) => Array.from({ length: 40 }, (_, index) => encounterAt(seed, index)))
const correlationKey = 'k2345678901234567890'
const now = Date.now()

/** The objections of Medplum's validator, and two rules of R4 that it lacks: org-1 and per-1. */
function issuesOf(resource: object): string[] {
  const left: string[] = []
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    const { resourceType, name, identifier, start, end } = node as Record<string, unknown>
    if (resourceType === 'Organization' && name === undefined && identifier === undefined) left.push('org-1')
    if (typeof start === 'string' && typeof end === 'string' && Date.parse(end) < Date.parse(start)) left.push('per-1')
    Object.values(node).forEach(walk)
  }
  walk(resource)
  return [...left, ...r4Issues(resource).map(({ expression, text }) => `${expression}: ${text}`)]
}

test('detects a home of an Organization, a nameless one and a period that runs backwards', () => {
  const named = { resourceType: 'Organization', name: 'Aetna' }
  const home = { telecom: [{ system: 'phone', value: '1', use: 'home' }] }
  const period = { start: '2025-01-02T00:00:00Z', end: '2025-01-01T00:00:00Z' }
  const encounter = { resourceType: 'Encounter', status: 'finished', class: { code: 'IMP' } }
  expect(issuesOf(named)).toEqual([])
  expect(issuesOf({ ...named, ...home }).join()).toContain('org-3')
  expect(issuesOf({ resourceType: 'Organization', active: true })).toEqual(['org-1'])
  expect([encounter, { ...encounter, period }].map(issuesOf)).toEqual([[], ['per-1']])
})

describe('FHIR R4', () => {
  const every = new Set(
    'Encounter Account Coverage Condition Practitioner Location Organization RelatedPerson'.split(' '),
  )
  const none = new Set<string>()
  const registered = { ProviderId: 'urn:npr', BedId: 'urn:beds', UnitId: 'urn:units', CompanyId: 'urn:payers' }
  const kinds = [
    ['in one transaction', { creates: every, conditionally: every }, {}],
    ['with records that the server has', { creates: every, conditionally: every }, { identifierSystems: registered }],
    ['the Encounter alone', { creates: none, conditionally: none }, {}],
  ] as const

  test.each(kinds)('all generated requests are valid, %s', (_kind, takes, more) => {
    const options = Value.Default(fhirOptions, { baseUrl: 'http://emr', ...more }) as FhirOptions
    const about = { options, takes, patient: { reference: 'Patient/p1' }, now }
    const issues = generated.flatMap((encounter, index) =>
      translate({ correlationKey, encounter }, about).entries.flatMap(({ resource }) =>
        issuesOf(resource).map((issue) => ({ index, issue })),
      ),
    )
    expect(issues).toEqual([])
  })
})

test('Millennium: all generated requests with a type are valid R4 except for the class, which it infers', () => {
  const auth = { tokenUrl: 'https://emr/token', clientId: 'c', clientSecret: 's' }
  const configured = Value.Default(cernerOptions, { baseUrl: 'https://emr/r4/t', auth, serviceProvider: '7' })
  const site = millenniumOf(configured as CernerOptions)
  const typed = generated.filter(({ Encounter }) => Encounter.EncounterTypeId !== undefined)
  expect(typed.length).toBeGreaterThan(80)
  const issues = typed.flatMap((encounter) => {
    const made = toMillennium({ correlationKey, encounter }, { site, patientId: '1', now })
    const coverages = made.coverages.map(({ coverage }) => forEncounter(coverage, '97'))
    return [{ ...made.encounter, class: { code: 'IMP' } }, ...coverages].flatMap(issuesOf)
  })
  expect(issues).toEqual([])
})

/** The connection that a page shows, as a worker would read it. */
function documented(page: string): { emrSystem: string } & Partial<Site> {
  const text = readFileSync(new URL(`../../docs/emr/${page}.md`, import.meta.url), 'utf8')
  return JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? '') as { emrSystem: string }
}

function encoded(encounter: PatientEncounter, site: Site) {
  return encodeEncounter({ correlationKey, encounter }, site, new Date(now))
}

function refusedAt(encounter: PatientEncounter, site: Site): string[] {
  try {
    encoded(encounter, site)
    return []
  } catch (error) {
    if (error instanceof EmrError) return error.pointers
    throw error
  }
}

describe.each(['meditech', 'epic', 'hl7v2'])('HL7 v2.5.1 with the settings of the page %s', (page) => {
  const site = siteOf(documented(page))
  /** The same, except that times can be compared as they were sent. */
  const exact = siteOf({ ...documented(page), timeZone: '', precision: 'fraction' })

  test('no generated request is refused', () => {
    expect(generated.flatMap((encounter) => refusedAt(encounter, site))).toEqual([])
  })

  test('every message respects the lengths, types, tables and cardinalities of the standard', () => {
    const lengths = Object.entries(site.elements).flatMap(([element, { maxLength }]) =>
      maxLength ? [[element, maxLength] as const] : [],
    )
    const agreed = { processingId: 'P', versionId: '2.5.1', lengths: Object.fromEntries(lengths) }
    const faults = generated.flatMap((encounter, index) => {
      const fault = faultIn(parseMessage(encoded(encounter, site).bytes), agreed)
      return fault ? [{ index, ...fault }] : []
    })
    expect(faults).toEqual([])
  })

  test.each([
    ['@medplum/core', readByMedplum],
    ['node-hl7-client', readByNodeHl7Client],
  ])('%s reads every carried value as it was sent, and no other is missing', (_name, read) => {
    const wrong = generated.flatMap((encounter, index) => {
      const { bytes, notCarried } = encoded(encounter, exact)
      const message = read(bytes.toString())
      const missing = differing(encounter, (pointer, value) => holds(message, pointer, value))
      return missing.filter((pointer) => !notCarried.includes(pointer)).map((pointer) => ({ index, pointer }))
    })
    expect(wrong).toEqual([])
  })
})
