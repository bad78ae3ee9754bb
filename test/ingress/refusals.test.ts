import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'
import { loadSample } from '../fixtures/sample.ts'

let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const slugOf = ({ type }: Problem) => type.replace('urn:encounter-gateway:problem:', '')

/** Posts something that must be refused; nothing may have been accepted. */
async function refusal(body: unknown, headers: Record<string, string | undefined> = {}, emrSystem?: string) {
  const reply = await gateway.post(body, headers, emrSystem)
  const document = reply.json<Problem>()
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(reply.headers['x-request-id']).toEqual(expect.any(String))
  expect(document.status).toBe(reply.statusCode)
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 0 })
  return { status: reply.statusCode, slug: slugOf(document), problem: document, headers: reply.headers }
}

const [START, END] = ['/Encounter/EncounterDateTime', '/Encounter/DischargeDateTime']
const STATUS = '/Encounter/EncounterStatusId'
const encounter = (Encounter: object) => ({ ...minimalRequest, Encounter })

describe('a body that cannot be read is refused:', () => {
  test.each<[string, string | Buffer, Record<string, string | undefined>, number, string]>([
    ['not JSON', '{"PatientId": "Zoë" oops', {}, 400, 'invalid-json'],
    ['JSON that stops', '{"PatientId":', {}, 400, 'invalid-json'],
    ['nothing', '', { 'Content-Length': '0' }, 400, 'invalid-json'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), {}, 400, 'invalid-json'],
    ['two byte order marks', '\uFEFF\uFEFF{}', {}, 400, 'invalid-json'],
    ['a NUL in a text', '{"UserId":"u","PatientId":"p\\u0000","Encounter":{}}', {}, 400, 'invalid-request'],
    ['half a character', '{"UserId":"u","PatientId":"\\ud83d","Encounter":{}}', {}, 400, 'invalid-request'],
    ['__proto__', '{"__proto__":{"x":1}}', {}, 400, 'invalid-request'],
    ['2 MB', JSON.stringify('x'.repeat(2_000_000)), {}, 413, 'payload-too-large'],
    ['half a million values', `[${'1,'.repeat(500_000)}1]`, {}, 413, 'payload-too-large'],
    ['XML', '<a/>', { 'Content-Type': 'application/xml' }, 415, 'unsupported-media-type'],
    ['no content type', '{}', { 'Content-Type': undefined }, 415, 'unsupported-media-type'],
    ['UTF-16', '{}', { 'Content-Type': 'application/json; charset=utf-16' }, 415, 'unsupported-media-type'],
    ['gzip', '{}', { 'Content-Encoding': 'gzip' }, 415, 'unsupported-media-type'],
  ])('%s', async (_what, body, headers, status, slug) => {
    const refused = await refusal(body, headers)
    expect([refused.status, refused.slug]).toEqual([status, slug])
    expect(JSON.stringify(refused.problem)).not.toMatch(/Zoë|oops|\^/)
  })

  test('the content type may name UTF-8', async () => {
    const refused = await refusal('[]', { 'Content-Type': 'application/json; charset="UTF-8"' })
    expect(refused.slug).toBe('invalid-request')
  })
})

describe('a body with a mistake is refused with its pointer:', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['no object', [], '', /must be an object/],
    ['null', null, '', /must be an object/],
    ['a missing property', { ...minimalRequest, PatientId: undefined }, '/PatientId', /^is required$/],
    ['null where required', { ...minimalRequest, PatientId: null }, '/PatientId', /must be a string/],
    ['empty where required', { ...minimalRequest, UserId: '' }, '/UserId', /must not be empty/],
    ['an unknown property', { ...minimalRequest, PatientID: 'p' }, '/PatientID', /did you mean `PatientId`/],
    ['one deep inside', encounter({ Location: { BedID: '1' } }), '/Encounter/Location/BedID', /`BedId`/],
    ['a number for a text', encounter({ FinancialNumber: 7 }), '/Encounter/FinancialNumber', /must be a string/],
    ['a text for a list', encounter({ Insurances: 'x' }), '/Encounter/Insurances', /must be an array/],
    [
      'a day that is none',
      encounter({ DischargeDateTime: '2025-02-30T00:00:00Z' }),
      '/Encounter/DischargeDateTime',
      /exists/,
    ],
    [
      '8 fractional digits',
      encounter({ DischargeDateTime: '2025-02-20T00:00:00.12345678Z' }),
      '/Encounter/DischargeDateTime',
      /7/,
    ],
    ['a line break in a credential', { ...minimalRequest, LoginId: 'a\r\nX: y' }, '/LoginId', /control characters/],
    [
      'a wrong type deep inside',
      encounter({ Insurances: [{}, { Phones: [{ Number: 5 }] }] }),
      '/Encounter/Insurances/1/Phones/0/Number',
      /string/,
    ],
  ])('%s', async (_what, body, pointer, message) => {
    const { status, slug, problem } = await refusal(body)
    expect([status, slug]).toEqual([400, 'invalid-request'])
    expect(problem.Errors).toEqual([{ Pointer: pointer, Message: expect.stringMatching(message) }])
  })

  const past = '2025-02-20T10:00:00Z'
  const inAFortnight = new Date(Date.now() + 14 * 86_400_000).toISOString()
  test.each<[string, object, string[]]>([
    ['a discharge before the admission', { EncounterDateTime: inAFortnight, DischargeDateTime: past }, [START, END]],
    ['a cancelled encounter', { EncounterStatusId: 'Cancelled' }, [STATUS]],
    ['one entered in error', { EncounterStatusId: 'entered-in-error', EncounterDateTime: null }, [STATUS]],
    [
      'one in progress in a fortnight',
      { EncounterStatusId: 'active', EncounterDateTime: inAFortnight },
      [STATUS, START],
    ],
    [
      'one in progress after its discharge',
      { EncounterStatusId: 'in-progress', DischargeDateTime: past },
      [STATUS, END],
    ],
  ])('what contradicts itself in one encounter, at each field: %s', async (_what, Encounter, pointers) => {
    const { status, slug, problem } = await refusal(encounter(Encounter))
    expect([status, slug]).toEqual([400, 'invalid-request'])
    expect(problem.Errors?.map(({ Pointer }) => Pointer)).toEqual(pointers)
    expect(JSON.stringify(problem)).not.toMatch(/20\d\d-/)
  })

  test('all of them at once, including headers and what this EMR requires', async () => {
    const body = { UserId: 7, Encounter: { Location: { Bed: '1' } }, Pasword: 'x' }
    const headers = { LoginId: undefined, Password: undefined, RequestVerboseLogging: 'yes', 'Idempotency-Key': '' }
    const { problem } = await refusal(body, headers)
    const pointers = (problem.Errors ?? []).map(({ Pointer }) => Pointer).sort()
    expect(pointers).toEqual([
      '/Encounter/Location/Bed',
      '/Idempotency-Key',
      '/LoginId',
      '/Password',
      '/Pasword',
      '/PatientId',
      '/RequestVerboseLogging',
      '/UserId',
    ])
  })

  test('two hundred of them, the others counted', async () => {
    const { problem } = await refusal(encounter({ ICD10DXCodeIds: Array.from({ length: 5_000 }, () => 1) }))
    expect([problem.Errors?.length, problem.ErrorsOmitted]).toEqual([200, 4_800])
  })

  test('none if optional values are null', async () => {
    await using other = await openIngress()
    const empty = {
      EncounterDateTime: null,
      Location: null,
      Insurances: null,
      CustomFields: null,
      FinancialNumber: null,
    }
    const reply = await other.post({ ...encounter(empty), PatientIdType: null, LoginId: null, EMRSystem: null })
    expect(reply.statusCode).toBe(202)
  })

  test('an Idempotency-Key alone, as a header', async () => {
    const refused = await refusal(minimalRequest, { 'Idempotency-Key': 'k'.repeat(256) })
    expect([refused.status, refused.slug]).toEqual([400, 'invalid-header'])
  })
})

describe('who may not is refused:', () => {
  test.each<[string, Record<string, string | undefined>]>([
    ['no credentials', { ApplicationName: undefined, ApplicationKey: undefined }],
    ['no key', { ApplicationKey: undefined }],
    ['a wrong key', { ApplicationKey: 'demo kez' }],
    ['an unknown application', { ApplicationName: 'nobody' }],
    ['the key of another application', { ApplicationKey: 'other key' }],
  ])('%s, and learns nothing about the body', async (_what, headers) => {
    const { status, slug, problem, headers: sent } = await refusal({ Nonsense: 1 }, headers)
    expect([status, slug]).toEqual([401, 'unauthorized'])
    expect(sent['www-authenticate']).toContain('ApplicationKey')
    expect(problem).not.toHaveProperty('Errors')
    expect(problem.detail).toBe('Send the ApplicationName and ApplicationKey of your application, each exactly once.')
  })

  test('an EMR that the application may not use', async () => {
    const { status, slug, problem } = await refusal(loadSample(), {}, 'cerner')
    expect([status, slug]).toEqual([403, 'forbidden'])
    expect(problem.detail).toContain(`Sandbox (${gateway.emrInstance})`)
    expect(problem.detail).not.toContain('Cerner (')
  })

  test('an EMR that does not exist, with the nearest name', async () => {
    const { status, slug, problem } = await refusal(loadSample(), {}, 'Sandbux')
    expect([status, slug]).toEqual([404, 'unknown-emr-system'])
    expect(problem.detail).toContain('did you mean Sandbox?')
  })

  test.each(['nowhere', undefined])('the instance %s, which does not exist', async (EmrInstance) => {
    const { status, slug, problem } = await refusal(minimalRequest, { EmrInstance })
    expect([status, slug]).toEqual([404, 'unknown-connection'])
    expect(problem.detail).toContain(gateway.emrInstance)
  })

  test.each(['/nope?patient=1', '/%E0%A4%A', '/api/v2/Jobs', `/api/v1/${'x'.repeat(200)}/PatientEncounters`])(
    'the path %s',
    async (url) => {
      const reply = await gateway.app.inject({ method: 'POST', url })
      expect([reply.statusCode, slugOf(reply.json<Problem>())]).toEqual([404, 'not-found'])
      expect(reply.headers['x-request-id']).toEqual(expect.any(String))
      expect(reply.json<Problem>().instance).toBe(url.split('?')[0])
    },
  )
})

test('an X-Request-Id is kept if it is harmless, and replaced if not', async () => {
  const ids = ['a-b_c.7', 'a b', 'x'.repeat(65), '<script>']
  const replies = await Promise.all(
    ids.map((id) => gateway.app.inject({ url: '/nope', headers: { 'X-Request-Id': id } })),
  )
  const given = replies.map(({ headers }) => headers['x-request-id'])
  expect(given[0]).toBe('a-b_c.7')
  for (const id of given.slice(1)) expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/)
})

test('a wrong key is refused even after the right one was accepted, and the right one is accepted after that', async () => {
  const status = async (ApplicationKey: string) => (await gateway.post(minimalRequest, { ApplicationKey })).statusCode
  expect(await status('demo key')).toBe(202)
  // as long as the right one, shorter, and the key of the other application
  for (const wrong of ['demo kez', 'demo ke', 'other key']) expect(await status(wrong)).toBe(401)
  expect(await status('demo key')).toBe(202)
})
