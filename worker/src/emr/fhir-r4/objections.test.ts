import { expect, test } from 'vitest'
import { clinicians, pointersTo } from './objections.ts'

const sent = {
  encounter: {
    UserId: 'u',
    PatientId: 'p',
    Encounter: {
      FormType: 'f',
      AttendingProviderId: 'a',
      ProvidersType: [
        { ProviderId: '1', Phones: [{ Number: '5' }] },
        { ProviderId: '2', ProviderType: 'CON' },
      ],
      Insurances: [
        { GroupNumber: 'a', CompanyName: 'n' },
        { GroupNumber: 'b', PolicyNumber: 'c' },
      ],
    },
  },
  carried: {
    '/PatientId': 'Encounter.subject',
    '/Encounter/FormType': "Encounter.extension('FormType')",
    '/Encounter/AttendingProviderId': 'Encounter.participant.individual.resolve().identifier',
    '/Encounter/ProvidersType/*/Phones/*/Number': 'Encounter.participant.individual.resolve().telecom.value',
    '/Encounter/Insurances/*/CompanyName': 'Coverage.payor.resolve().name',
    '/Encounter/ProvidersType/*/ProviderId': 'Encounter.participant.individual.resolve().identifier',
    '/Encounter/ProvidersType/*/ProviderType': 'Encounter.participant.type',
    '/Encounter/Insurances/*/GroupNumber': 'Coverage.class.value',
    '/Encounter/Insurances/*/PolicyNumber': 'Coverage.identifier',
  },
  resources: [
    {
      resource: {
        resourceType: 'Encounter',
        participant: [{ individual: { reference: '#c1' } }, {}, { individual: { reference: 'urn:uuid:2' } }],
        contained: [{ resourceType: 'Practitioner', id: 'c1' }],
      },
    },
    {
      resource: {
        resourceType: 'Coverage',
        payor: [{ reference: '#c3' }],
        contained: [{ resourceType: 'Organization', id: 'c3' }],
      },
      item: 0,
    },
    { resource: { resourceType: 'Coverage' }, item: 1 },
    { resource: { resourceType: 'Practitioner' }, fullUrl: 'urn:uuid:2' },
  ],
  lists: { 'Encounter.participant': 1 },
} as const

test.each([
  ['Encounter.subject', ['/PatientId']],
  ['Encounter.subject.reference', ['/PatientId']],
  ['subject', []],
  ['Bundle.entry[0].resource.subject', ['/PatientId']],
  ['Bundle.entry[2].resource.class[1].value', ['/Encounter/Insurances/1/GroupNumber']],
  ['Bundle.entry[2].resource.Coverage.class', ['/Encounter/Insurances/1/GroupNumber']],
  ['Coverage.class.value', ['/Encounter/Insurances/0/GroupNumber', '/Encounter/Insurances/1/GroupNumber']],
  ['Encounter.participant[2].individual', ['/Encounter/ProvidersType/1/ProviderId']],
  ['Encounter.participant[0].individual', ['/Encounter/AttendingProviderId']],
  ['Bundle.entry[0].resource.contained[0].identifier[0]', ['/Encounter/AttendingProviderId']],
  ['Encounter.contained[0].identifier', ['/Encounter/AttendingProviderId']],
  ['Bundle.entry[0].resource.contained[7].identifier', []],
  ['Bundle.entry[1].resource.contained[0].name', ['/Encounter/Insurances/0/CompanyName']],
  [
    'Bundle.entry[1].resource/*Coverage/null*/.contained[0]/*Organization/c3*/.name',
    ['/Encounter/Insurances/0/CompanyName'],
  ],
  ['Bundle.entry[3].resource.identifier[0].value', ['/Encounter/ProvidersType/1/ProviderId']],
  ['Bundle.entry[0].resource.ofType(Encounter).subject', ['/PatientId']],
  ['Encounter.participant.type', ['/Encounter/ProvidersType/1/ProviderType']],
  ['Encounter.subjectable', []],
  ['Encounter.extension[0]', []],
  ['Encounter', []],
  ['Bundle.entry[9].resource.subject', []],
  ['', []],
])('%s came from %j', (expression, pointers) => {
  expect(pointersTo([expression], { ...sent, encounter: structuredClone(sent.encounter) as never })).toEqual(pointers)
})

test('counts clinicians only if none was left out', () => {
  const request = { UserId: 'u', PatientId: 'p', Encounter: { AttendingProviderId: 'a', ProvidersType: [{}, {}] } }
  expect(clinicians(request, [1, 2, 3])).toEqual({ 'Encounter.participant': 1 })
  expect(clinicians(request, [1, 2])).toEqual({})
  expect(clinicians({ ...request, Encounter: {} })).toEqual({ 'Encounter.participant': 0 })
})
