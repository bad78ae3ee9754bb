import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { forEncounter, isSame } from './coverage.ts'
import { translate } from './encounter.ts'
import { options as schema, siteOf, type CernerOptions } from './options.ts'

const auth = { tokenUrl: 'https://emr/token', clientId: 'c', clientSecret: 's' }
const site = (more: Partial<CernerOptions> = {}) =>
  siteOf({
    ...(Value.Default(schema, { baseUrl: 'https://emr/r4/tenant-1/', auth }) as CernerOptions),
    serviceProvider: '7',
    ...more,
  })
const translated = (encounter: object, more: Partial<CernerOptions> = {}) =>
  translate(
    {
      correlationKey: 'k1',
      encounter: { UserId: 'u', PatientId: '1', Encounter: { EncounterTypeId: '309308', ...encounter } },
    },
    { site: site(more), patientId: '1', now: Date.parse('2025-06-01T12:00:00Z') },
  )

test('code sets are those of the tenant in the base URL, unless the site configures others', () => {
  const system = (more: Partial<CernerOptions>) => translated({}, more).encounter.type?.[0]?.coding?.[0]?.system
  expect(system({})).toBe('https://fhir.cerner.com/tenant-1/codeSet/71')
  expect(system({ codeSetBaseUrl: 'https://x/codeSet/' })).toBe('https://x/codeSet/71')
  expect(system({ encounterTypeSystem: 'http://snomed.info/sct' })).toBe('http://snomed.info/sct')
})

test('our key is sent only if there is a pool for it, and encounters are then found by it', () => {
  const pool = { identifierSystem: 'urn:pool', identifierType: { code: '1080' } }
  expect(translated({}).encounter.identifier).toBeUndefined()
  expect(translated({}, pool).encounter.identifier).toEqual([
    {
      type: { coding: [{ system: 'https://fhir.cerner.com/tenant-1/codeSet/319', code: '1080' }] },
      system: 'urn:pool',
      value: 'k1',
    },
  ])
  expect(translated({}, { ...pool, findBy: 'patient-and-date' }).encounter.identifier).toBeUndefined()
  expect([site().findsBy, site(pool).findsBy]).toEqual(['patient-and-date', 'identifier'])
})

test('a clinician who is also the attending one in the same role is sent once; one without a role is not sent', () => {
  const { encounter, notCarried } = translated({
    AttendingProviderId: '5',
    ProvidersType: [{ ProviderId: '5', ProviderType: 'AT' }, { ProviderId: '6' }, { ProviderType: 'CON' }],
  })
  expect(encounter.participant).toHaveLength(1)
  expect(notCarried).toEqual([
    '/UserId',
    '/Encounter/ProvidersType/1/ProviderId',
    '/Encounter/ProvidersType/2/ProviderType',
  ])
})

test('a custom field without a number of Millennium or without a value is not sent', () => {
  const CustomFields = [
    { FieldId: 'colour', ResponseValue: 'red' },
    { FieldId: '12' },
    { FieldId: 'ENCNTR:13', ResponseValue: 'x' },
  ]
  const { encounter, notCarried } = translated({ CustomFields })
  expect(encounter.extension).toMatchObject([{ extension: [{ id: 'ENCNTR:13' }, { valueString: 'x' }] }])
  expect(notCarried).toEqual([
    '/UserId',
    '/Encounter/CustomFields/0/FieldId',
    '/Encounter/CustomFields/0/ResponseValue',
    '/Encounter/CustomFields/1/FieldId',
  ])
})

test('diagnoses are not sent if the site says never', () => {
  const { encounter, notCarried } = translated(
    { ICD10DXCodeIds: ['A'], ReasonForVisit: 'cough' },
    { diagnoses: 'never' },
  )
  expect(encounter.reasonCode).toEqual([{ text: 'cough' }])
  expect(notCarried).toEqual(['/UserId', '/Encounter/ICD10DXCodeIds/0'])
})

test.each([
  [{ CompanyId: '1' }, 1],
  [{ CompanyId: '1', PatientRelationshipToSubscriber: 'sel' }, 1],
  [{ CompanyId: '1', PatientRelationshipToSubscriber: '158' }, 1],
  [{ CompanyId: '1', PatientRelationshipToSubscriber: 'SPO' }, 0],
  [{ CompanyId: '1', PatientRelationshipToSubscriber: 'SEL', SubscriberRelationshipToPatientId: 'SPS' }, 0],
  [{ CompanyId: '1', Subscriber: 'Somebody' }, 0],
  [{ CompanyName: 'Aetna' }, 0],
  [{ CompanyId: 'a b' }, 0],
])('of %j Millennium takes %i', (insurance, count) => {
  const { coverages, notCarried } = translated({ Insurances: [insurance] }, { selfRelationshipCodes: ['158'] })
  expect(coverages).toHaveLength(count)
  expect(notCarried.length === 1).toBe(count === 1)
})

test('a Coverage is recognised by its payer, plan and subscriber number', () => {
  const [one] = translated({ Insurances: [{ CompanyId: '1', HealthPlanId: 'p', SubscriberId: 's' }] }).coverages
  const wanted = forEncounter(one?.coverage as never, '97')
  expect(wanted.extension).toMatchObject([{ valueReference: { reference: 'Encounter/97' } }])
  const shown = {
    resourceType: 'Coverage' as const,
    subscriberId: 's',
    payor: [{ reference: 'Organization/1' }],
    class: [{ value: 'p' }],
  }
  expect(isSame(shown, wanted)).toBe(true)
  expect(isSame({ ...shown, subscriberId: 't' }, wanted)).toBe(false)
  expect(isSame({ ...shown, class: [{ value: 'q' }] }, wanted)).toBe(false)
  expect(isSame({ ...shown, payor: [{ reference: 'Organization/2' }] }, wanted)).toBe(false)
})

test('a code of ICD-10-CM has its dot', () => {
  const { encounter } = translated({ ICD10DXCodeIds: ['K3580', 'I10'] })
  expect(encounter.reasonCode?.map(({ coding }) => coding?.[0]?.code)).toEqual(['K35.80', 'I10'])
})
