import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Practitioner } from '@medplum/fhirtypes'
import { describe, expect, test } from 'vitest'
import { callWith, errorOf, orderOf } from '../fixtures/emr-port.ts'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import { openFhirPair } from './use-fhir.ts'

const MRN = 'urn:oid:1.2.3:MRN'
const byMrn = (): PatientEncounter => ({ ...fullEncounter(), PatientIdType: 'MRN', PatientId: 'M-1, $|x' })
const patients = [{ id: 'p1', system: MRN, value: 'M-1, $|x' }]

describe('what a fhir connection carries', () => {
  test('carries all 82 fields, each in its place in R4, in one transaction', async () => {
    await using at = await openFhirPair()
    const found = await at.emr.create(orderOf(fullEncounter()), callWith())
    const [made] = at.server.encounters()
    expect(found).toMatchObject({ EncounterId: made?.encounterId, NotCarried: [] })
    expect(made && at.server.missing(made, fullEncounter())).toEqual([])
    expect(
      at.server
        .resources()
        .map(({ resourceType }) => resourceType)
        .toSorted(),
    ).toEqual(['Account', 'Condition', 'Condition', 'Coverage', 'Coverage', 'Encounter'])
    expect(found.AlternativeIdentifiers).toEqual([
      { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: 'k2345678901234567890' },
      { Code: 'VN', Description: 'VN', Value: 'V0012345' },
    ])
  })

  test('sends the Encounter alone without transactions, and reports what is missing', async () => {
    await using at = await openFhirPair({ transactions: false })
    const found = await at.emr.create(orderOf(fullEncounter()), callWith())
    const [made] = at.server.encounters()
    expect(at.server.resources().map(({ resourceType }) => resourceType)).toEqual(['Encounter'])
    expect(found.NotCarried.toSorted()).toEqual(made && at.server.missing(made, fullEncounter()).toSorted())
    expect(new Set(found.NotCarried.map((pointer) => pointer.split('/')[2]))).toEqual(
      new Set(['Insurances', 'GuarantorId', 'GuarantorTypeId', 'GuarantorRelationshipToPatientId']),
    )
  })

  test('sends what a server accepts that does not know every type', async () => {
    await using at = await openFhirPair({ creates: ['Encounter', 'Coverage'] })
    const found = await at.emr.create(orderOf(fullEncounter()), callWith())
    const [made] = at.server.encounters()
    expect(found.NotCarried).toEqual([
      '/Encounter/GuarantorId',
      '/Encounter/GuarantorTypeId',
      '/Encounter/GuarantorRelationshipToPatientId',
    ])
    expect(made && at.server.missing(made, fullEncounter())).toEqual(found.NotCarried)
  })

  test('sends an encounter of which next to nothing is known', async () => {
    await using at = await openFhirPair()
    const little = { UserId: 'u', PatientId: 'p1', Encounter: {} }
    const found = await at.emr.create(orderOf(little), callWith())
    expect(found.NotCarried).toEqual([])
    expect(at.server.resources()).toMatchObject([
      { resourceType: 'Encounter', status: 'in-progress', class: { code: 'UNK' } },
    ])
  })

  test('leaves out what FHIR cannot express, and reports it', async () => {
    await using at = await openFhirPair()
    const odd = fullEncounter()
    Object.assign(odd.Encounter, {
      ReasonForVisit: ' \t',
      FormType: 'a\u0000b',
      EncounterTypeId: 'two  spaces',
      ICD10DXCodeIds: ['', 'R07.4'],
    })
    const found = await at.emr.create(orderOf(odd), callWith())
    expect(found.NotCarried.toSorted()).toEqual([
      '/Encounter/FormType',
      '/Encounter/ICD10DXCodeIds/0',
      '/Encounter/ReasonForVisit',
    ])
    const nobody = await errorOf(at.emr.create(orderOf({ ...odd, PatientId: ' ' }), callWith()))
    expect(nobody).toMatchObject({ code: 400, pointers: ['/PatientId'] })
  })
})

describe('the patient', () => {
  const settings = { patientIdentifierSystems: { MRN } }

  test('is found by the server itself from a conditional reference, in a transaction', async () => {
    await using at = await openFhirPair({ patients }, settings)
    const found = await at.emr.create(orderOf(byMrn()), callWith())
    const [made] = at.server.encounters()
    expect(made && at.server.missing(made, byMrn())).toEqual([])
    expect(found.NotCarried).toEqual([])
    expect(at.server.resources('Encounter')).toMatchObject([{ subject: { reference: 'Patient/p1' } }])
    expect(at.server.resources('Coverage')).toMatchObject([{ beneficiary: { reference: 'Patient/p1' } }, {}])
    expect(at.posted()).toEqual(['/fhir'])
  })

  test('is searched for without a transaction, with the number not in the URL', async () => {
    await using at = await openFhirPair({ patients, transactions: false }, settings)
    await at.emr.create(orderOf(byMrn()), callWith())
    expect(at.server.resources('Encounter')).toMatchObject([{ subject: { reference: 'Patient/p1' } }])
    expect(at.posted()).toEqual(['/fhir/Patient/_search', '/fhir/Encounter'])
    expect(at.server.calls.map(({ url }) => url.href).join()).not.toContain('M-1')
  })

  test.each([true, false])('that the EMR does not know is a 400 (transactions: %s)', async (transactions) => {
    await using at = await openFhirPair({ transactions }, settings)
    const error = await errorOf(at.emr.create(orderOf(byMrn()), callWith()))
    expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false })
    expect(at.made()).toEqual([])
  })

  test('that the EMR has twice is a 400', async () => {
    const twice = ['p1', 'p2'].map((id) => ({ id, system: MRN, value: byMrn().PatientId }))
    await using at = await openFhirPair({ patients: twice, transactions: false }, settings)
    const error = await errorOf(at.emr.create(orderOf(byMrn()), callWith()))
    expect(error).toMatchObject({ code: 400, pointers: ['/PatientId'] })
  })

  test('of a PatientIdType without a system is never taken for an id', async () => {
    const request = { ...fullEncounter(), PatientIdType: 'EPI', PatientId: '12724066' }
    await using at = await openFhirPair()
    await at.emr.create(orderOf(request), callWith())
    const [kept] = at.server.resources('Encounter')
    expect(kept).toMatchObject({
      subject: { type: 'Patient', identifier: { type: { text: 'EPI' }, value: '12724066' } },
    })
    expect(kept).not.toHaveProperty('subject.reference')
    await using strict = await openFhirPair({}, { otherPatientIdTypes: 'refuse' })
    const error = await errorOf(strict.emr.create(orderOf(request), callWith()))
    expect(error).toMatchObject({ code: 400, pointers: ['/PatientIdType'] })
    expect(strict.posted()).toEqual([])
  })
})

describe('clinicians, places and payers that the site has a system for', () => {
  const systems = {
    ProviderId: 'urn:npr',
    BedId: 'urn:beds',
    UnitId: 'urn:units',
    CompanyId: 'urn:payers',
    GuarantorId: 'urn:people',
  }
  const known: Practitioner = { resourceType: 'Practitioner', identifier: [{ system: 'urn:npr', value: '12732065' }] }

  test('become resources of their own, once', async () => {
    await using at = await openFhirPair({}, { identifierSystems: systems })
    const found = await at.emr.create(orderOf(fullEncounter()), callWith())
    expect(found.NotCarried).toEqual([])
    const [made] = at.server.encounters()
    expect(made && at.server.missing(made, fullEncounter())).toEqual([])
    await at.emr.create(orderOf(fullEncounter(), { correlationKey: 'another' }), callWith())
    const count = (type: string) => at.server.resources(type).length
    expect([count('Practitioner'), count('Location'), count('Organization'), count('RelatedPerson')]).toEqual([
      3, 2, 2, 1,
    ])
  })

  test('are those that the server has already, whose details it keeps as they are', async () => {
    await using at = await openFhirPair({}, { identifierSystems: systems })
    at.server.add(known)
    const found = await at.emr.create(orderOf(fullEncounter()), callWith())
    const [made] = at.server.encounters()
    expect(at.server.resources('Practitioner')).toHaveLength(3)
    expect(found.NotCarried.toSorted()).toEqual(made && at.server.missing(made, fullEncounter()).toSorted())
    expect(found.NotCarried).toContain('/Encounter/ProvidersType/0/NPI')
    expect(found.NotCarried).not.toContain('/Encounter/ProvidersType/0/ProviderId')
  })

  test('are not confirmed when the encounter is found again', async () => {
    await using at = await openFhirPair({}, { identifierSystems: { ProviderId: 'urn:npr' } })
    await at.emr.create(orderOf(fullEncounter()), callWith())
    const again = await at.emr.find?.(orderOf(fullEncounter()), callWith())
    expect(again?.NotCarried).toContain('/Encounter/ProvidersType/0/Address/City')
  })

  test('the same one twice with different content: the first counts, and the rest is reported', async () => {
    await using at = await openFhirPair({}, { identifierSystems: systems })
    const request = fullEncounter()
    const [first] = request.Encounter.Insurances ?? []
    request.Encounter.Insurances = [{ ...first }, { ...first, CompanyName: 'Otherwise' }]
    const found = await at.emr.create(orderOf(request), callWith())
    expect(found.NotCarried).toContain('/Encounter/Insurances/1/CompanyName')
    expect(found.NotCarried).not.toContain('/Encounter/Insurances/0/CompanyName')
    expect(at.server.resources('Organization')).toHaveLength(1)
  })
})
