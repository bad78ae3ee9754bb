import { expect, test } from 'vitest'
import { clinicians, pointersTo } from './objections.ts'

const sent = {
  encounter: {
    UserId: 'u',
    PatientId: 'p',
    Encounter: {
      FormType: 'f',
      ProvidersType: [{ ProviderId: '1' }, { ProviderId: '2', ProviderType: 'CON' }],
      Insurances: [{ GroupNumber: 'a' }, { GroupNumber: 'b', PolicyNumber: 'c' }],
    },
  },
  carried: {
    '/PatientId': 'Encounter.subject',
    '/Encounter/FormType': "Encounter.extension('FormType')",
    '/Encounter/ProvidersType/*/ProviderId': 'Encounter.participant.individual.resolve().identifier',
    '/Encounter/ProvidersType/*/ProviderType': 'Encounter.participant.type',
    '/Encounter/Insurances/*/GroupNumber': 'Coverage.class.value',
    '/Encounter/Insurances/*/PolicyNumber': 'Coverage.identifier',
  },
  resources: [{ type: 'Encounter' }, { type: 'Coverage', item: 0 }, { type: 'Coverage', item: 1 }],
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
  ['Encounter.participant[0]', []],
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
