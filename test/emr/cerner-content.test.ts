import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { describe, expect, test } from 'vitest'
import { callWith, errorOf, openPort, orderOf } from '../fixtures/emr-port.ts'
import { TENANT, type CernerSite } from './cerner.ts'
import { openMedplum } from './medplum.ts'
import { r4Issues } from './r4-validation.ts'
import { millennium, openCernerPair } from './use-cerner.ts'

const aliases = {
  financialNumberSystem: 'urn:site:fin',
  encounterAliasSystem: 'urn:site:visit',
  encounterAliasType: { code: '1079' },
}

describe('what Millennium is sent', () => {
  test('is everything that it allows writing, and the rest is reported as not carried', async () => {
    await using at = await openCernerPair({}, aliases)
    const found = await at.emr.create(orderOf(millennium()), callWith())
    const [made] = at.cerner.encounters()
    expect(found.EncounterId).toBe(made?.encounterId)
    expect(made && at.cerner.missing(made, millennium()).toSorted()).toEqual(found.NotCarried.toSorted())
    expect(found.NotCarried.filter((pointer) => !/Address|Phones|Insurances\/1/.test(pointer))).toEqual([
      '/UserId',
      '/Encounter/Location/RoomId',
      '/Encounter/Location/UnitId',
      '/Encounter/Location/HospitalId',
      '/Encounter/MedicalServiceId',
      '/Encounter/PatientClassId',
      '/Encounter/GuarantorId',
      '/Encounter/GuarantorTypeId',
      '/Encounter/GuarantorRelationshipToPatientId',
      '/Encounter/Insurances/0/EligibilityStatusId',
      '/Encounter/Insurances/0/EligibilityStatusDate',
      '/Encounter/Insurances/0/PolicyNumber',
      '/Encounter/Insurances/0/CustomFields/0/FieldId',
      '/Encounter/Insurances/0/CustomFields/0/ResponseValue',
      '/Encounter/ProvidersType/0/Email',
      '/Encounter/ProvidersType/0/NPI',
      '/Encounter/ProvidersType/0/LicenseNumber',
      '/Encounter/ProvidersType/0/InternalSequence',
      '/Encounter/FormType',
      '/Encounter/ReferClientId',
      '/Encounter/EstimatedArrivalDateTime',
      '/Encounter/EstimatedLengthOfStay',
      '/Encounter/EstimatedDischargeDateTime',
      '/Encounter/VisitorStatusId',
      '/Encounter/TreatmentPhaseId',
      '/Encounter/PatientValuablesIds',
      '/Encounter/ContributorSystemId',
    ])
  })

  test('never has an element that Millennium refuses', async () => {
    await using at = await openCernerPair({}, aliases)
    await at.emr.create(orderOf(millennium()), callWith())
    const [encounter] = at.sent('/Encounter')
    for (const unwritable of ['class', 'serviceType', 'account', 'diagnosis', 'length', 'contained', 'statusHistory']) {
      expect(encounter).not.toHaveProperty(unwritable)
    }
    expect(encounter).toMatchObject({
      status: 'finished',
      type: [{ coding: [{ system: `https://fhir.cerner.com/${TENANT}/codeSet/71`, code: '309308' }] }],
      subject: { reference: 'Patient/12742400' },
      location: [{ location: { reference: 'Location/32545019' } }],
    })
    expect(encounter).not.toHaveProperty('serviceProvider')
  })

  test('is valid R4 to a server that we did not write, but for the class that Millennium infers', async () => {
    await using medplum = await openMedplum({ infersClass: true })
    const auth = { tokenUrl: `${medplum.baseUrl}/none`, clientId: 'c', clientSecret: 's' }
    await using emr = openPort({ connector: 'cerner', baseUrl: medplum.baseUrl, auth })
    const credentials = { authorizationToken: 'mine' }
    const found = await emr.create(orderOf(millennium(), { credentials }), callWith())
    expect(await medplum.all('Encounter')).toMatchObject([{ id: found.EncounterId }])
    expect(await medplum.all('Coverage')).toMatchObject([{ payor: [{ reference: 'Organization/643847' }] }])
    expect(medplum.taken.flatMap((resource) => r4Issues(resource))).toEqual([])
  })

  test.each<[string, Partial<PatientEncounter['Encounter']>, object]>([
    [
      'a hospital alone is the service provider',
      { Location: { HospitalId: '77' } },
      { serviceProvider: { reference: 'Organization/77' } },
    ],
    [
      'a place that Millennium cannot know gives way to the default',
      { Location: { BedId: 'A 1' } },
      { serviceProvider: { reference: 'Organization/675844' } },
    ],
    [
      'a class of HL7 can be the type',
      { EncounterTypeId: 'O' },
      { type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0004', code: 'O' }] }] },
    ],
    [
      'a priority of HL7 v2 becomes one of R4',
      { AdmitPriorityId: 'EL' },
      { priority: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActPriority', code: 'EL' }] } },
    ],
    [
      'an admit source of the site is one of its code set',
      { AdmitSourceId: '4326381' },
      {
        hospitalization: {
          admitSource: { coding: [{ system: `https://fhir.cerner.com/${TENANT}/codeSet/2`, code: '4326381' }] },
        },
      },
    ],
  ])('%s', async (_name, part, expected) => {
    await using at = await openCernerPair()
    const request = millennium()
    Object.assign(request.Encounter, part)
    await at.emr.create(orderOf(request), callWith())
    expect(at.sent('/Encounter')).toMatchObject([expected])
  })

  test.each<[string, Partial<PatientEncounter['Encounter']>, string]>([
    ['a type', { EncounterTypeId: '' }, '/Encounter/EncounterTypeId'],
    ['a state that it creates', { EncounterStatusId: 'cancelled' }, '/Encounter/EncounterStatusId'],
    ['a place', { Location: {} }, '/Encounter/Location'],
  ])('is refused without %s', async (_name, part, pointer) => {
    await using at = await openCernerPair()
    const { serviceProvider: _none, ...options } = at.cerner.options
    await using emr = openPort({ connector: 'cerner', ...options })
    const request = millennium()
    Object.assign(request.Encounter, part)
    const error = await errorOf(emr.create(orderOf(request), callWith()))
    expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false, pointers: [pointer] })
    expect(at.sent('/Encounter')).toEqual([])
  })

  test('has no identifier of ours if the site has no place for one', async () => {
    await using at = await openCernerPair({ refusesIdentifiers: true })
    await at.emr.create(orderOf(millennium()), callWith())
    expect(at.sent('/Encounter')[0]).not.toHaveProperty('identifier')
  })
})

describe('insurances', () => {
  const paths = (found: { NotCarried: string[] }, item: number) =>
    found.NotCarried.filter((pointer) => pointer.startsWith(`/Encounter/Insurances/${item}/`))

  test('become Coverages of the encounter, if Millennium accepts them', async () => {
    await using at = await openCernerPair()
    const found = await at.emr.create(orderOf(millennium()), callWith())
    expect(at.sent('/Coverage')).toMatchObject([
      {
        extension: [
          {
            url: 'https://fhir-ehr.cerner.com/r4/StructureDefinition/coverage-encounter',
            valueReference: { reference: `Encounter/${found.EncounterId}` },
          },
        ],
        status: 'active',
        subscriber: { reference: 'Patient/12742400' },
        beneficiary: { reference: 'Patient/12742400' },
        payor: [{ reference: 'Organization/643847' }],
      },
    ])
    // The second one's subscriber is somebody else, who would have to be a patient of Millennium.
    expect(paths(found, 1)).toHaveLength(6)
  })

  test.each<[string, CernerSite]>([
    ['are refused', { coverages: 422 }],
    ['fail', { coverages: 500 }],
    ['get no answer', { coverages: 'dropped' }],
  ])('that %s leave the encounter created and are reported', async (_name, site) => {
    await using at = await openCernerPair(site)
    const found = await at.emr.create(orderOf(millennium()), callWith())
    expect(at.cerner.encounters()).toHaveLength(1)
    expect(paths(found, 0)).toContain('/Encounter/Insurances/0/CompanyId')
    const again = await at.emr.find?.(orderOf(millennium()), callWith())
    expect(again).toMatchObject({ EncounterId: found.EncounterId, NotCarried: found.NotCarried })
  })

  test('for which no time is left leave the encounter created and are reported', async () => {
    const over = new AbortController()
    await using at = await openCernerPair({ onCoverage: () => over.abort() })
    const found = await at.emr.create(orderOf(millennium()), callWith(over.signal))
    expect(found.EncounterId).toBe(at.cerner.encounters()[0]?.encounterId)
    expect(paths(found, 0)).toContain('/Encounter/Insurances/0/CompanyId')
  })

  test('are not doubled when the encounter is found again, and missing ones are added', async () => {
    await using at = await openCernerPair()
    const request = millennium()
    const [first] = request.Encounter.Insurances ?? []
    request.Encounter.Insurances = [{ ...first }, { ...first, CompanyId: '643850', SubscriberId: 'SUB-9' }]
    at.cerner.site.coverages = 422
    await at.emr.create(orderOf(request), callWith())
    at.cerner.site.coverages = 'taken'
    const found = await at.emr.find?.(orderOf(request), callWith())
    expect(at.cerner.coverages().map(({ payor }) => payor?.[0]?.reference)).toEqual([
      'Organization/643847',
      'Organization/643850',
    ])
    const again = await at.emr.find?.(orderOf(request), callWith())
    expect(at.cerner.coverages()).toHaveLength(2)
    expect(again).toEqual(found)
    expect(found?.NotCarried).not.toContain('/Encounter/Insurances/1/CompanyId')
  })

  test('are not sent if the connection configures never', async () => {
    await using at = await openCernerPair({}, { coverages: 'never' })
    const found = await at.emr.create(orderOf(millennium()), callWith())
    expect(at.sent('/Coverage')).toEqual([])
    expect(paths(found, 0)).toContain('/Encounter/Insurances/0/CompanyId')
  })
})
