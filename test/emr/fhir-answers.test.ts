import type { Encounter } from '@medplum/fhirtypes'
import { describe, expect, test } from 'vitest'
import { callWith, errorOf, openPort, orderOf } from '../fixtures/emr-port.ts'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import type { FhirAbilities } from './fhir.ts'
import { openTokenIssuer } from './token-issuer.ts'
import { openFhirPair } from './use-fhir.ts'

describe('one encounter for one key', () => {
  test.each<[string, FhirAbilities]>([
    ['by conditional create in a transaction', {}],
    ['by conditional create of the Encounter alone', { transactions: false }],
    ['by searching first, where the server knows no conditional create', { conditionalCreate: false }],
    ['by searching first and alone', { conditionalCreate: false, transactions: false }],
    ['though the server shows nothing of what it has', { shows: 'never' }],
    ['though the server shows nothing and takes no transaction', { shows: 'never', transactions: false }],
  ])('%s', async (_name, abilities) => {
    await using at = await openFhirPair(abilities)
    const first = await at.emr.create(orderOf(fullEncounter()), callWith())
    const count = at.server.resources().length
    const again = await at.emr.create(orderOf(fullEncounter()), callWith())
    expect(again).toMatchObject({ EncounterId: first.EncounterId, NotCarried: first.NotCarried })
    expect(await at.emr.find?.(orderOf(fullEncounter()), callWith())).toMatchObject({
      EncounterId: first.EncounterId,
      NotCarried: first.NotCarried,
    })
    expect(at.made()).toEqual([first.EncounterId])
    expect(at.server.resources()).toHaveLength(count)
    const other = orderOf(fullEncounter(), { correlationKey: 'another' })
    expect(await at.emr.find?.(other, callWith())).toBeUndefined()
    await at.emr.create(other, callWith())
    expect(at.made()).toHaveLength(2)
  })

  test('stops at several under one key, which only a person can sort out', async () => {
    await using at = await openFhirPair()
    const identifier = [{ system: 'urn:encounter-gateway:job', value: 'k2345678901234567890' }]
    const one: Encounter = { resourceType: 'Encounter', status: 'planned', class: { code: 'AMB' }, identifier }
    at.server.add(one)
    at.server.add(one)
    const error = await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))
    expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
    expect(await at.emr.find?.(orderOf(fullEncounter()), callWith())).toMatchObject({
      EncounterId: at.server.resources('Encounter')[0]?.id,
    })
  })

  test.each<[string, FhirAbilities]>([
    ['by conditional create', {}],
    ['by a search before it', { conditionalCreate: false }],
    ['by a search after an answer without it', { shows: 'never' }],
  ])('finds %s that ours was cancelled since, and creates no other', async (_how, abilities) => {
    await using at = await openFhirPair({ ...abilities, transactions: false })
    await at.emr.create(orderOf(fullEncounter()), callWith())
    Object.assign(at.server.resources('Encounter')[0] ?? {}, { status: 'cancelled' })
    const undecided = { name: 'Undecided', retry: false }
    expect(await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))).toMatchObject({
      ...undecided,
      outcomeUnknown: true,
    })
    expect(await errorOf(at.emr.find?.(orderOf(fullEncounter()), callWith()))).toMatchObject({
      ...undecided,
      outcomeUnknown: false,
    })
    expect(at.made()).toHaveLength(1)
  })

  test("does not take another's encounter for ours if the server ignores the condition", async () => {
    await using at = await openFhirPair({ overlooks: true, transactions: false })
    const another = at.server.add({ resourceType: 'Encounter', status: 'planned', class: { code: 'AMB' } })
    expect(await at.emr.find?.(orderOf(fullEncounter()), callWith())).toBeUndefined()
    const error = await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))
    expect(error).toMatchObject({ code: 502, outcomeUnknown: true })
    expect(at.server.resources('Encounter')).toEqual([another])
  })

  test('more entries than a server creates conditionally are sent without conditions, after a search', async () => {
    await using at = await openFhirPair({}, { maxConditionalEntries: 5 })
    const created = await at.emr.create(orderOf(fullEncounter()), callWith())
    expect(created.NotCarried).toEqual([])
    expect(at.server.calls.at(-1)?.body).not.toContain('ifNoneExist')
    expect(await at.emr.create(orderOf(fullEncounter()), callWith())).toMatchObject({
      EncounterId: created.EncounterId,
    })
    expect(at.made()).toHaveLength(1)
    expect(at.posted()).toHaveLength(1)
  })
})

describe('what the server says of itself', () => {
  test('is read once for many', async () => {
    await using at = await openFhirPair()
    const orders = Array.from({ length: 8 }, (_one, index) => orderOf(fullEncounter(), { correlationKey: `k${index}` }))
    await Promise.all(orders.map((order) => at.emr.create(order, callWith())))
    expect(at.server.calls.filter(({ url }) => url.pathname === '/fhir/metadata')).toHaveLength(1)
  })

  test('is read again after the server could not do what it declares', async () => {
    const abilities: FhirAbilities = {}
    await using at = await openFhirPair(abilities)
    await at.emr.check(callWith())
    const identifier = [{ system: 'urn:encounter-gateway:job', value: 'k2345678901234567890' }]
    const one: Encounter = { resourceType: 'Encounter', status: 'planned', class: { code: 'AMB' }, identifier }
    at.server.add(one)
    at.server.add(one)
    await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))
    await at.emr.create(orderOf(fullEncounter(), { correlationKey: 'another' }), callWith())
    expect(at.server.calls.filter(({ url }) => url.pathname === '/fhir/metadata')).toHaveLength(2)
  })

  test.each<[string, FhirAbilities]>([
    ['another release of FHIR', { fhirVersion: '3.0.2' }],
    ['no encounters', { creates: ['Patient'] }],
  ])('%s: stops before anything is sent', async (_name, abilities) => {
    await using at = await openFhirPair(abilities)
    const error = await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))
    expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
    expect(at.posted()).toEqual([])
  })
})

describe('what the server refuses', () => {
  test.each([
    ['Bundle.entry[0].resource.period.start', ['/Encounter/EncounterDateTime']],
    ['Encounter.class', ['/Encounter/PatientClassId']],
    ['Encounter.participant[1].type', ['/Encounter/ProvidersType/0/ProviderType']],
    ['Bundle.entry[2].resource.relationship', ['/Encounter/Insurances/1/PatientRelationshipToSubscriber']],
    ['Bundle.entry[5].resource.code.coding[0].code', ['/Encounter/ICD10DXCodeIds/1']],
    ['Encounter', []],
    ['Jane Doe', []],
  ])('at %s is reported at the fields of the request', async (expression, pointers) => {
    await using at = await openFhirPair({ objectsTo: [expression] })
    const error = await errorOf(at.emr.create(orderOf(fullEncounter()), callWith()))
    expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false, pointers })
  })

  const mrn = { system: 'urn:mrn', value: '12724066' }
  test.each([
    ['none', undefined, []],
    ['none', 400, []],
    ['none', 412, []],
    ['several', undefined, ['a', 'b']],
    ['several', 400, ['a', 'b']],
  ])(
    'for its patient, of whom it has %s, is reported at PatientId, whatever its status (%s)',
    async (many, status, ids) => {
      const patients = ids.map((id) => ({ id, ...mrn }))
      const abilities = { patients, ...(status !== undefined && { patientRefusal: status }) }
      await using at = await openFhirPair(abilities, { patientIdentifierSystems: { MRN: mrn.system } })
      const request = { ...fullEncounter(), PatientId: mrn.value, PatientIdType: 'MRN' }
      const error = await errorOf(at.emr.create(orderOf(request), callWith()))
      expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false, pointers: ['/PatientId'] })
      expect(error.message).toBe(many === 'none' ? 'the EMR has no such patient' : 'the EMR has several such patients')
    },
  )

  test.each([400, 404, 422])('for the id of its patient with %i is reported at PatientId', async (status) => {
    await using at = await openFhirPair({ patients: [{ id: 'a', ...mrn }], patientRefusal: status })
    const request = { ...fullEncounter(), PatientId: 'b', PatientIdType: 'FHIR' }
    const error = await errorOf(at.emr.create(orderOf(request), callWith()))
    expect(error).toMatchObject({ code: 400, outcomeUnknown: false, pointers: ['/PatientId'] })
  })

  test('at an element of a payer or clinician, contained or not, is reported at its field', async () => {
    const request = fullEncounter()
    const refusedAt = async (expression: string, settings = {}) => {
      await using at = await openFhirPair({ objectsTo: [expression] }, settings)
      return (await errorOf(at.emr.create(orderOf(request), callWith()))).pointers
    }
    const phone = expect.stringMatching(/^.Encounter.ProvidersType.0.Phones.0./) as string
    expect(await refusedAt('Encounter.contained[0].telecom[0]')).toContainEqual(phone)
    const known = { identifierSystems: { ProviderId: 'urn:providers' } }
    await using at = await openFhirPair({}, known)
    await at.emr.create(orderOf(request), callWith())
    const bundle = JSON.parse(at.server.calls.at(-1)?.body ?? '') as { entry: { resource: { resourceType: string } }[] }
    const index = bundle.entry.findIndex(({ resource }) => resource.resourceType === 'Practitioner')
    expect(await refusedAt(`Bundle.entry[${index}].resource.telecom[0]`, known)).toContainEqual(phone)
    expect(await refusedAt('Bundle.entry[1].resource.contained[0].telecom[0]')).toContainEqual(
      expect.stringMatching(/^.Encounter.Insurances.0.Phones.0./),
    )
  })

  test('by its own validation is reported at the field', async () => {
    await using at = await openFhirPair()
    const request = fullEncounter()
    request.Encounter.EncounterDateTime = '2025-03-01T08:15:30+15:00'
    const error = await errorOf(at.emr.create(orderOf(request), callWith()))
    expect(error).toMatchObject({ code: 400, pointers: ['/Encounter/EncounterDateTime'] })
  })
})

describe('logging in', () => {
  test('by client credentials, with one new token when the old one is refused', async () => {
    const issuer = openTokenIssuer()
    await using at = await openFhirPair({ issuer })
    await at.emr.create(orderOf(fullEncounter()), callWith())
    issuer.revoke()
    await at.emr.create(orderOf(fullEncounter(), { correlationKey: 'another' }), callWith())
    expect(issuer.issued()).toBe(2)
    expect(at.made()).toHaveLength(2)
  })

  test('a client that is refused is a 401, with nothing sent', async () => {
    const issuer = openTokenIssuer()
    await using at = await openFhirPair({ issuer })
    const auth = { ...(at.server.options['auth'] as object), clientSecret: 'wrong' }
    await using wrong = openPort({ connector: 'fhir', ...at.server.options, auth })
    const error = await errorOf(wrong.create(orderOf(fullEncounter()), callWith()))
    expect(error).toMatchObject({ code: 401, retry: false, outcomeUnknown: false })
    expect(await errorOf(wrong.check(callWith()))).toMatchObject({ code: 401 })
    expect(await errorOf(wrong.find?.(orderOf(fullEncounter()), callWith()))).toMatchObject({ code: 401 })
  })

  test("as the request's own user if it brings a token, and never by LoginId and Password", async () => {
    await using at = await openFhirPair()
    const credentials = { loginId: 'joe', password: 'secret', authorizationToken: 'abc' }
    await at.emr.create(orderOf(fullEncounter(), { credentials }), callWith())
    expect(at.server.calls.at(-1)?.headers.authorization).toBe('Bearer abc')
    const byLogin = { loginId: 'joe', password: 'secret' }
    await at.emr.create(orderOf(fullEncounter(), { credentials: byLogin, correlationKey: 'another' }), callWith())
    expect(at.server.calls.at(-1)?.headers.authorization).toBeUndefined()
  })
})

test('checks that the server is there and can be searched, without creating anything', async () => {
  await using at = await openFhirPair()
  await at.emr.check(callWith())
  expect(at.server.resources()).toEqual([])
  await at.server.down(true)
  expect(await errorOf(at.emr.check(callWith()))).toMatchObject({ code: 502, outcomeUnknown: false })
})
