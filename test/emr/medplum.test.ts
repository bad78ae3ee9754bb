import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Encounter } from '@medplum/fhirtypes'
import { describe, expect, test } from 'vitest'
import { callWith, errorOf, openPort, orderOf } from '../fixtures/emr-port.ts'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import { loadSample } from '../fixtures/sample.ts'
import { openMedplum } from './medplum.ts'
import { r4Issues } from './r4-validation.ts'

const KEY = 'k2345678901234567890'
const ours: Encounter = {
  resourceType: 'Encounter',
  status: 'planned',
  class: { code: 'AMB' },
  identifier: [{ system: 'urn:encounter-gateway:job', value: KEY }],
}

async function open(settings: Record<string, unknown> = {}) {
  const medplum = await openMedplum()
  const emr = openPort({ connector: 'fhir', baseUrl: medplum.baseUrl, ...settings })
  return {
    medplum,
    emr,
    async [Symbol.asyncDispose]() {
      await emr.close()
      await medplum[Symbol.asyncDispose]()
    },
  }
}

describe.each(['auto', 'never'])('fhir against Medplum, transactions: %s', (transactions) => {
  test.each([
    ['the sample', takeEncounter(loadSample())],
    ['a full encounter', fullEncounter()],
    ['next to nothing', { UserId: 'u', PatientId: 'p1', Encounter: {} }],
  ])('sends only valid R4 for %s, and finds it again', async (_name, encounter) => {
    await using at = await open({ transactions })
    const created = await at.emr.create(orderOf(encounter), callWith())
    expect(at.medplum.taken.flatMap((resource) => r4Issues(resource))).toEqual([])
    expect(await at.medplum.all('Encounter')).toMatchObject([{ id: created.EncounterId }])
    expect(await at.emr.find?.(orderOf(encounter), callWith())).toMatchObject({ EncounterId: created.EncounterId })
    expect(created.AlternativeIdentifiers[0]).toMatchObject({ Code: 'CorrelationKey', Value: KEY })
  })

  test('a second creation under the key creates no second encounter', async () => {
    await using at = await open({ transactions })
    const first = await at.emr.create(orderOf(fullEncounter()), callWith())
    const again = await at.emr.create(orderOf(fullEncounter()), callWith())
    expect(again).toEqual(first)
    expect(await at.medplum.all('Encounter')).toHaveLength(1)
    expect(await at.medplum.all('Coverage')).toHaveLength(transactions === 'auto' ? 2 : 0)
    expect(at.medplum.statuses).toEqual(transactions === 'never' ? [201, 200] : [200, 200])
  })

  test('nor do fifty at once', async () => {
    await using at = await open({ transactions, concurrency: 50 })
    const all = await Promise.all(Array.from({ length: 50 }, () => at.emr.create(orderOf(fullEncounter()), callWith())))
    expect(new Set(all.map(({ EncounterId }) => EncounterId)).size).toBe(1)
    expect(await at.medplum.all('Encounter')).toHaveLength(1)
  })

  test('several under the key result in a 412, which only a person can sort out', async () => {
    await using at = await open({ transactions })
    await at.medplum.repository.createResource(ours)
    await at.medplum.repository.createResource(ours)
    const error = await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))
    expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
    expect(at.medplum.statuses).toEqual([412])
    expect(await at.medplum.all('Encounter')).toHaveLength(2)
  })

  test('the patient of an identifier is the existing one', async () => {
    await using at = await open({ transactions, patientIdentifierSystems: { MRN: 'urn:mrn' } })
    const identifier = [{ system: 'urn:mrn', value: 'M-1' }]
    const patient = await at.medplum.repository.createResource({ resourceType: 'Patient', identifier })
    await at.emr.create(orderOf({ ...fullEncounter(), PatientIdType: 'MRN', PatientId: 'M-1' }), callWith())
    expect(await at.medplum.all('Encounter')).toMatchObject([{ subject: { reference: `Patient/${patient.id}` } }])
  })
})

describe('fhir against Medplum', () => {
  test('an objection of the validation is reported at the field', async () => {
    await using at = await open()
    const request = fullEncounter()
    request.Encounter.DischargeDateTime = '2025-03-04T10:00:00+14:30'
    const error = await errorOf(at.emr.create(orderOf(request), callWith()))
    expect(error).toMatchObject({ code: 400, pointers: ['/Encounter/DischargeDateTime'] })
    expect(await at.medplum.all('Encounter')).toEqual([])
  })

  test('references within the transaction lead to what was created', async () => {
    await using at = await open()
    await at.emr.create(orderOf(fullEncounter()), callWith())
    const [account] = await at.medplum.all('Account')
    const conditions = await at.medplum.all('Condition')
    const [encounter] = await at.medplum.all('Encounter')
    expect(encounter).toMatchObject({
      account: [{ reference: `Account/${account?.id}` }],
      diagnosis: conditions.map(({ id }) => ({ condition: { reference: `Condition/${id}` } })),
    })
    expect(conditions).toMatchObject([{ encounter: { reference: `Encounter/${encounter?.id}` } }, {}])
  })

  test('Medplum accepts at most 8 entries with conditions; with the option it accepts any number', async () => {
    const many = fullEncounter()
    many.Encounter.ICD10DXCodeIds = ['A01.0', 'A02.1', 'A03.2', 'A04.3', 'A05.4', 'A06.5', 'A07.8']
    await using plain = await open()
    expect(await errorOf(plain.emr.create(orderOf(many), callWith()))).toMatchObject({ code: 400 })
    await using at = await open({ maxConditionalEntries: 8 })
    const created = await at.emr.create(orderOf(many), callWith())
    expect(created.NotCarried).toEqual([])
    expect(await at.medplum.all('Condition')).toHaveLength(7)
    expect(await at.emr.create(orderOf(many), callWith())).toMatchObject({ EncounterId: created.EncounterId })
    expect(await at.medplum.all('Encounter')).toHaveLength(1)
  })
})
