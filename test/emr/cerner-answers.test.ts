import { createLocalJWKSet, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { callWith, errorOf, openPort, orderOf } from '../fixtures/emr-port.ts'
import { TENANT } from './cerner.ts'
import { millennium, openCernerPair } from './use-cerner.ts'

describe('the answer to a creation', () => {
  test('has only a Location, so the identifiers are asked for', async () => {
    await using at = await openCernerPair()
    const found = await at.emr.create(orderOf(millennium()), callWith())
    expect(found.AlternativeIdentifiers).toEqual([
      { Code: '1077', Description: 'FIN NBR', Value: `F${found.EncounterId}` },
      { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: 'k2345678901234567890' },
    ])
  })

  test('stands although the identifiers cannot be read', async () => {
    await using at = await openCernerPair({ hidesEncounters: true })
    const found = await at.emr.create(orderOf(millennium()), callWith())
    expect(found.EncounterId).toBe(at.cerner.encounters()[0]?.encounterId)
    expect(found.AlternativeIdentifiers).toEqual([])
  })

  test.each([
    ['Encounter.participant[1].individual', ['/Encounter/ProvidersType/0/ProviderId']],
    ['Encounter.hospitalization.admitSource', ['/Encounter/AdmitSourceId']],
    ['Encounter.custom', []],
  ])('422 at %s is reported at the field of the request', async (expression, pointers) => {
    await using at = await openCernerPair({ refusal: { status: 422, elements: [expression] } })
    const error = await errorOf(at.emr.create(orderOf(millennium()), callWith()))
    expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false, pointers })
  })

  test('a text that is too long for Millennium is a 400', async () => {
    await using at = await openCernerPair()
    const request = millennium()
    request.Encounter.ReasonForVisit = 'x'.repeat(256)
    const error = await errorOf(at.emr.create(orderOf(request), callWith()))
    expect(error).toMatchObject({
      code: 400,
      pointers: ['/Encounter/ReasonForVisit', '/Encounter/ICD10DXCodeIds/0', '/Encounter/ICD10DXCodeIds/1'],
    })
  })

  test('403 concerns the tenant: an operator has to look, no user can help', async () => {
    await using at = await openCernerPair()
    const baseUrl = String(at.cerner.options['baseUrl']).replace(TENANT, 'another')
    await using emr = openPort({ connector: 'cerner', ...at.cerner.options, baseUrl })
    for (const ask of [emr.create.bind(emr), emr.find?.bind(emr)]) {
      const error = await errorOf(ask?.(orderOf(millennium()), callWith()))
      expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
    }
    expect(await errorOf(emr.check(callWith()))).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
  })

  test('409 is tried again, with the outcome known', async () => {
    await using at = await openCernerPair({ refusal: { status: 409, elements: [] } })
    const error = await errorOf(at.emr.create(orderOf(millennium()), callWith()))
    expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: false })
  })
})

describe('the patient', () => {
  test('of an identifier is looked up', async () => {
    await using at = await openCernerPair()
    const request = { ...millennium(), PatientId: 'sample string 2', PatientIdType: 'sample string 3' }
    const found = await at.emr.create(orderOf(request), callWith())
    expect(at.sent('/Encounter')).toMatchObject([{ subject: { reference: 'Patient/12724066' } }])
    expect(found.NotCarried).not.toContain('/PatientIdType')
    const unknown = { ...request, PatientId: 'nobody' }
    expect(await errorOf(at.emr.create(orderOf(unknown), callWith()))).toMatchObject({
      code: 400,
      pointers: ['/PatientId'],
    })
  })

  test("with a number of an unknown type is never taken for one of Millennium's", async () => {
    await using at = await openCernerPair()
    const request = { ...millennium(), PatientIdType: 'MRN' }
    expect(await errorOf(at.emr.create(orderOf(request), callWith()))).toMatchObject({
      code: 400,
      pointers: ['/PatientIdType'],
    })
    expect(at.sent('/Encounter')).toEqual([])
  })
})

describe('logging in', () => {
  test('keeps the token, and gets one new one when it is refused', async () => {
    await using at = await openCernerPair()
    await at.emr.create(orderOf(millennium()), callWith())
    at.cerner.issuer.revoke()
    await at.emr.create(orderOf(millennium(), { correlationKey: 'another' }), callWith())
    expect(at.cerner.issuer.issued()).toBe(2)
    expect(at.cerner.encounters()).toHaveLength(2)
  })

  test('by a JWT that Millennium can verify', async () => {
    await using at = await openCernerPair()
    const { privateKey, publicKey } = await generateKeyPair('RS384', { extractable: true })
    const { tokenUrl } = at.cerner.options['auth'] as { tokenUrl: string }
    const auth = { tokenUrl, clientId: 'gateway', privateKey: await exportPKCS8(privateKey), keyId: 'k1' }
    await using emr = openPort({ connector: 'cerner', ...at.cerner.options, auth })
    // The simulated token endpoint knows secrets only; what it was sent is what counts here.
    expect(await errorOf(emr.check(callWith()))).toMatchObject({ code: 401, retry: false })
    const form = new URLSearchParams(at.cerner.calls.at(-1)?.body)
    const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1' }] })
    const { payload } = await jwtVerify(form.get('client_assertion') ?? '', jwks, { audience: tokenUrl })
    expect(payload).toMatchObject({ iss: 'gateway', sub: 'gateway' })
  })

  test("with the request's own token if it brings one", async () => {
    await using at = await openCernerPair()
    const error = await errorOf(
      at.emr.create(orderOf(millennium(), { credentials: { authorizationToken: 'not-ours' } }), callWith()),
    )
    expect(error).toMatchObject({ code: 401, retry: false })
    expect(at.cerner.issuer.issued()).toBe(0)
  })
})

test('checks that it has access, without creating anything', async () => {
  await using at = await openCernerPair()
  await at.emr.check(callWith())
  expect(at.cerner.encounters()).toEqual([])
})

test('does not start with options that contradict each other', () => {
  const about = { connector: 'cerner', baseUrl: 'https://emr.example.org/r4/t' }
  const auth = { tokenUrl: 'https://emr.example.org/token', clientId: 'c', clientSecret: 's' }
  expect(() => openPort({ ...about, auth, findBy: 'identifier' })).toThrow(
    'requires identifierSystem and identifierType',
  )
  expect(() => openPort({ ...about, auth: { ...auth, privateKey: 'k' } })).toThrow('/connections/0/auth')
  expect(() => openPort({ ...about })).toThrow('/connections/0/auth: is required')
})
