import { encounterFieldPaths, takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import { Value } from '@sinclair/typebox/value'
import type { Coverage } from 'fhir/r4.js'
import { expect, test } from 'vitest'
import { carried, transactionOf, translate } from './encounter.ts'
import { options as schema, type FhirOptions } from './options.ts'

const ours = 'urn:encounter-gateway:extension:'
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

test('lists where each field goes', () => {
  expect(Object.keys(carried).toSorted()).toEqual(encounterFieldPaths.toSorted())
})

test('an attempt repeats the previous one to the letter', () => {
  const request = { correlationKey: 'k1', encounter: takeEncounter(sample) }
  const once = JSON.stringify(transactionOf(translate(request, about()).entries))
  expect(JSON.stringify(transactionOf(translate(request, about()).entries))).toBe(once)
  const other = transactionOf(translate({ ...request, correlationKey: 'k2' }, about()).entries)
  const urls = (bundle: string) => new Set(bundle.match(/urn:uuid:[-0-9a-f]{36}/g))
  expect([...urls(JSON.stringify(other))].filter((url) => urls(once).has(url))).toEqual([])
})

test('every entry of its own is created once, under our key', () => {
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

test('a server that accepts only the Encounter still gets diagnoses and the account number', () => {
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

test('a status without a word in R4 becomes an extension', () => {
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

test('a payer of whom nothing is known is marked as absent', () => {
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

test('the attending clinician comes first, then the others in their order, each with the role', () => {
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

/** The resources of a type that a request becomes, contained ones too. */
function resourcesOf(type: string, encounter: object, options: Partial<FhirOptions> = {}) {
  const { entries } = translate(order(encounter), about({ options: optionsWith(options) }))
  const all = entries.flatMap(({ resource }) => [resource, ...(('contained' in resource && resource.contained) || [])])
  return all.filter(({ resourceType }) => resourceType === type)
}

test('a payer has no home, which R4 does not allow for an Organization; the original type is kept', () => {
  const home = { Phones: [{ Number: '1', TypeId: 'PRN' }], Address: { City: 'Utica', TypeId: 'H' } }
  const [payer] = resourcesOf('Organization', { Insurances: [{ CompanyId: 'B', ...home }] })
  expect(payer).toEqual({
    resourceType: 'Organization',
    id: 'c1',
    identifier: [{ system: undefined, value: 'B' }],
    telecom: [{ system: 'phone', value: '1', extension: [{ url: `${ours}PhoneTypeId`, valueString: 'PRN' }] }],
    address: [{ city: 'Utica', extension: [{ url: `${ours}AddressTypeId`, valueString: 'H' }] }],
  })
  const [clinician] = resourcesOf('Practitioner', { ProvidersType: [{ ProviderId: '1', ...home }] })
  expect(clinician).toMatchObject({ telecom: [{ use: 'home' }], address: [{ use: 'home' }] })
})

test('a payer of whom only the telephone number is known gets an identifier marked as unknown', () => {
  const [payer] = resourcesOf('Organization', { Insurances: [{ Phones: [{ Number: '1' }] }] })
  expect(payer).toMatchObject({ identifier: [{ extension: [{ valueCode: 'unknown' }] }], telecom: [{ value: '1' }] })
})

test.each([
  [{ SubscriberRelationshipToPatientId: 'SEL' }],
  [{ PatientRelationshipToSubscriber: 'self' }],
  [{ PatientRelationshipToSubscriber: '18', SubscriberRelationshipToPatientId: 'ONESELF' }],
])('the subscriber of %j is the patient', (said) => {
  const insurance = { CompanyId: 'B', Subscriber: 'Smith, John A', ...said }
  expect(resourcesOf('RelatedPerson', { Insurances: [insurance] })).toEqual([])
  expect(resourcesOf('Coverage', { Insurances: [insurance] })).toMatchObject([
    { subscriber: { reference: 'Patient/p1', display: 'Smith, John A' } },
  ])
})

test.each([
  [{ SubscriberRelationshipToPatientId: 'SEL' }, 'self'],
  [{ SubscriberRelationshipToPatientId: 'ONESELF' }, 'self'],
  [{ SubscriberRelationshipToPatientId: 'PAR' }, 'child'],
  [{ SubscriberRelationshipToPatientId: 'GRD' }, 'WRD'],
  [{ SubscriberRelationshipToPatientId: 'PAR', PatientRelationshipToSubscriber: 'OTH' }, 'other'],
  [{ SubscriberRelationshipToPatientId: 'EME' }, undefined],
  [{}, undefined],
])('of %j the patient is the %s of the subscriber', (said, expected) => {
  const [coverage] = resourcesOf('Coverage', { Insurances: [{ CompanyId: 'B', ...said }] })
  expect((coverage as Coverage | undefined)?.relationship?.coding?.[0]?.code).toBe(expected)
})

test("a relationship in the site's own codes does not identify the subscriber", () => {
  const codeSystems = { SubscriberRelationshipToPatientId: 'urn:site' }
  const request = { Insurances: [{ CompanyId: 'B', SubscriberRelationshipToPatientId: 'SEL' }] }
  expect(resourcesOf('RelatedPerson', request, { codeSystems })).toHaveLength(1)
  expect(resourcesOf('Coverage', request, { codeSystems })).toMatchObject([{ subscriber: { reference: '#c1' } }])
})

test('a name is split at its comma, and otherwise left whole', () => {
  const names = ['Smith, John A', 'John A Smith'].map((Subscriber) => {
    const [person] = resourcesOf('RelatedPerson', { Insurances: [{ CompanyId: 'B', Subscriber }] })
    return person && 'name' in person && person.name
  })
  expect(names).toEqual([[{ text: 'Smith, John A', family: 'Smith', given: ['John A'] }], [{ text: 'John A Smith' }]])
})

test('a code of ICD-10-CM has its dot, and is kept as it was written', () => {
  const [condition] = resourcesOf('Condition', { ICD10DXCodeIds: ['K3580'] })
  expect(condition).toMatchObject({
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'K35.80' }], text: 'K3580' },
  })
})

test.each([
  [{ EncounterDateTime: '2025-06-15T12:00:00Z', PatientClassId: 'IMP' }, 'planned'],
  [{ EncounterDateTime: '2025-06-01T11:00:00Z', PatientClassId: 'P' }, 'planned'],
  [{ EncounterDateTime: '2025-06-01T11:00:00Z', PatientClassId: 'P', EncounterStatusId: 'arrived' }, 'arrived'],
])('%j is %s', (encounter, status) => {
  expect(translate(order(encounter), about()).encounter.status).toBe(status)
})

test("a class of the site's own system is not preadmit just because it looks like it", () => {
  const options = optionsWith({ codeSystems: { PatientClassId: 'urn:site' } })
  expect(translate(order({ PatientClassId: 'P' }), about({ options })).encounter.status).toBe('in-progress')
})
