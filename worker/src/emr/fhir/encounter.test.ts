import { encounterFieldPaths, takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { carried, transactionOf, translate } from './encounter.ts'
import { options as schema, type FhirOptions } from './options.ts'

const every = new Set([
  'Encounter',
  'Account',
  'Coverage',
  'Condition',
  'Practitioner',
  'Location',
  'Organization',
  'RelatedPerson',
])
const all = { creates: every, conditionally: every }
const none = { creates: new Set<string>(), conditionally: new Set<string>() }

const optionsWith = (more: Partial<FhirOptions> = {}): FhirOptions => ({
  ...(Value.Default(schema, { baseUrl: 'http://emr' }) as FhirOptions),
  ...more,
})
const about = (more: Partial<Parameters<typeof translate>[1]> = {}) => ({
  options: optionsWith(),
  takes: all,
  patient: { reference: 'Patient/p1' },
  now: Date.parse('2025-06-01T12:00:00Z'),
  ...more,
})
const order = (encounter: object) => ({
  correlationKey: 'k1',
  encounter: { UserId: 'u', PatientId: 'p1', Encounter: encounter },
})

test('says of every field where it goes', () => {
  expect(Object.keys(carried).toSorted()).toEqual(encounterFieldPaths.toSorted())
})

test('an attempt repeats the one before it to the letter', () => {
  const request = { correlationKey: 'k1', encounter: takeEncounter(sample) }
  const once = JSON.stringify(transactionOf(translate(request, about()).entries))
  expect(JSON.stringify(transactionOf(translate(request, about()).entries))).toBe(once)
  const other = transactionOf(translate({ ...request, correlationKey: 'k2' }, about()).entries)
  const urls = (bundle: string) => new Set(bundle.match(/urn:uuid:[-0-9a-f]{36}/g))
  expect([...urls(JSON.stringify(other))].filter((url) => urls(once).has(url))).toEqual([])
})

test('every entry of its own is created under our key, once', () => {
  const { entries } = translate({ correlationKey: 'k1', encounter: takeEncounter(sample) }, about())
  expect(entries.map(({ resource, ifNoneExist }) => [resource.resourceType, ifNoneExist])).toEqual([
    ['Encounter', 'identifier=urn:encounter-gateway:job|k1'],
    ['Coverage', 'identifier=urn:encounter-gateway:job|k1-coverage-1'],
    ['Coverage', 'identifier=urn:encounter-gateway:job|k1-coverage-2'],
    ['Account', 'identifier=urn:encounter-gateway:job|k1-account'],
    ['Condition', 'identifier=urn:encounter-gateway:job|k1-diagnosis-1'],
    ['Condition', 'identifier=urn:encounter-gateway:job|k1-diagnosis-2'],
  ])
})

test('a server that takes the Encounter alone still gets diagnoses and the account number', () => {
  const request = order({ ICD10DXCodeIds: ['J18.9'], FinancialNumber: 'F1', ReasonForVisit: 'cough', GuarantorId: 'g' })
  const { encounter, entries, notCarried } = translate(request, about({ takes: none }))
  expect(entries).toHaveLength(1)
  expect(notCarried).toEqual(['/Encounter/GuarantorId'])
  expect(encounter).toMatchObject({
    reasonCode: [{ text: 'cough' }, { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'J18.9' }] }],
    account: [{ type: 'Account', identifier: { value: 'F1' } }],
  })
})

test.each([
  [{ PatientClassId: 'E' }, {}, { code: 'EMER' }],
  [{ PatientClassId: 'two  spaces' }, {}, { display: 'two  spaces' }],
  [{ PatientClassId: 'E' }, { codeSystems: { PatientClassId: 'urn:site' } }, { system: 'urn:site', code: 'E' }],
  [{}, {}, { code: 'UNK' }],
  [{}, { defaultClass: 'AMB' as const }, { code: 'AMB' }],
])('%j with %j is of the class %j', (encounter, options, expected) => {
  expect(translate(order(encounter), about({ options: optionsWith(options) })).encounter.class).toMatchObject(expected)
})

test('a status that R4 has no word for goes as an extension', () => {
  const { encounter } = translate(order({ EncounterStatusId: 'ZZ' }), about())
  expect(encounter).toMatchObject({
    status: 'in-progress',
    extension: [
      { url: 'urn:encounter-gateway:extension:UserId' },
      { url: 'urn:encounter-gateway:extension:EncounterStatusId', valueString: 'ZZ' },
    ],
  })
})

test('places are parts of each other, contained up to the first one that the server knows', () => {
  const options = optionsWith({ identifierSystems: { UnitId: 'urn:units' } })
  const places = { Location: { BedId: 'b', RoomId: 'r', UnitId: 'u', HospitalId: 'h' } }
  const { encounter, entries } = translate(order(places), about({ options }))
  expect(encounter.contained?.map((one) => ('identifier' in one ? one.identifier : []))).toEqual([
    [{ value: 'b' }],
    [{ value: 'r' }],
  ])
  const [, unit] = entries
  expect(unit).toMatchObject({
    ifNoneExist: 'identifier=urn:units|u',
    resource: { identifier: [{ system: 'urn:units', value: 'u' }], contained: [{ identifier: [{ value: 'h' }] }] },
    details: ['/Encounter/Location/HospitalId'],
  })
  expect(encounter.contained?.[1]).toMatchObject({ partOf: { reference: unit?.fullUrl } })
})

test('a payer of whom nothing is known is told as absent', () => {
  const { entries } = translate(order({ Insurances: [{ SubscriberId: 's' }, {}] }), about())
  const coverages = entries.filter(({ resource }) => resource.resourceType === 'Coverage')
  expect(coverages).toHaveLength(1)
  expect(coverages[0]?.resource).toMatchObject({ payor: [{ extension: [{ valueCode: 'unknown' }] }], order: 1 })
})

test('a guarantor without a relationship may be a person or a company', () => {
  const { entries } = translate(order({ GuarantorId: 'g', GuarantorTypeId: 'ORG' }), about())
  expect(entries.find(({ resource }) => resource.resourceType === 'Account')?.resource).toMatchObject({
    guarantor: [{ party: { identifier: { value: 'g' } }, extension: [{ valueString: 'ORG' }] }],
  })
})

test('the attending clinician comes first, then the others as they came, with the part each takes', () => {
  const people = {
    AttendingProviderId: '1',
    ProvidersType: [{ ProviderId: '2', ProviderType: 'CP' }, {}, { ProviderType: 'REF' }],
  }
  const { encounter } = translate(order(people), about())
  expect(encounter.participant?.map(({ type }) => type?.[0]?.coding?.[0]?.code)).toEqual(['ATND', 'CON', 'REF'])
  expect(encounter.participant?.map(({ individual }) => individual?.reference !== undefined)).toEqual([
    true,
    true,
    false,
  ])
})
