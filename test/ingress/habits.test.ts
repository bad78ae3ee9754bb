import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { created, minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'

/** What clients and people do by habit. */
let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const problemOf = async (body: unknown) => (await gateway.post(body)).json<Problem>()

test.each([
  ['DELETE', '/api/v1/Sandbox/PatientEncounters', 'POST'],
  ['POST', '/api/v1/Jobs', 'GET, HEAD'],
  ['PUT', '/api/v1/Jobs/a2345678901234567890', 'GET, HEAD, DELETE'],
  ['POST', '/livez', 'GET, HEAD'],
] as const)('%s %s is a 405 that names the methods', async (method, url, allowed) => {
  const reply = await gateway.app.inject({ method, url, headers: gateway.headers })
  expect(reply.statusCode).toBe(405)
  expect(reply.headers['allow']?.split(', ').toSorted()).toEqual(allowed.split(', ').toSorted())
  expect(reply.json<Problem>().type).toMatch(/:method-not-allowed$/)
})

test('the root leads to the reference', async () => {
  const reply = await gateway.app.inject({ url: '/' })
  expect([reply.statusCode, reply.headers['location']]).toEqual([302, '/docs'])
})

test('a slash at the end changes nothing', async () => {
  const jobId = await gateway.accept()
  expect((await gateway.get(`/api/v1/Jobs/${jobId}/`)).json<Job>().JobId).toBe(jobId)
})

test('an outcome that was waited for names its job', async () => {
  const waiting = gateway.post(minimalRequest, { Prefer: 'wait=10', 'Idempotency-Key': 'waited-for' })
  const known = await gateway.post(minimalRequest, { 'Idempotency-Key': 'waited-for' })
  const { JobId } = known.json<Job>()
  await gateway.finish(JobId, created)
  const reply = await waiting
  expect([reply.statusCode, reply.headers['location']]).toEqual([201, `/api/v1/Jobs/${JobId}`])
})

test.each(['application/x-www-form-urlencoded', 'text/plain'])(
  'a POST without a body may name %s, as curl does',
  async (type) => {
    const url = `/api/v1/Jobs/${await gateway.accept()}/Retry`
    const { LoginId: _login, Password: _password, ...application } = gateway.headers
    const headers = { ...application, 'content-type': type }
    // it has not ended yet: found, and refused for that alone
    expect((await gateway.app.inject({ method: 'POST', url, headers, payload: '' })).statusCode).toBe(409)
    const filled = await gateway.app.inject({ method: 'POST', url, headers, payload: 'a=1' })
    expect([filled.statusCode, filled.json<Problem>().type]).toEqual([
      415,
      'urn:encounter-gateway:problem:unsupported-media-type',
    ])
  },
)

test.each([{ PatientId: '  ' }, { UserId: '\t' }, { PatientId: '\u00a0' }])('%j is blank', async (blank) => {
  const { status, Errors } = await problemOf({ ...minimalRequest, ...blank })
  expect([status, Errors]).toEqual([400, [{ Pointer: `/${Object.keys(blank)[0]}`, Message: 'must not be blank' }]])
})

test('the unset date of .NET is no date of an encounter', async () => {
  const { Errors } = await problemOf({ ...minimalRequest, Encounter: { EncounterDateTime: '0001-01-01T00:00:00Z' } })
  expect(Errors).toEqual([
    { Pointer: '/Encounter/EncounterDateTime', Message: expect.stringContaining('from 1800 on') },
  ])
})

test.each([
  ['Cerner', 'names Cerner, but the URL names Sandbox'],
  ['another one', 'names something else, but the URL names Sandbox'],
])('a body for %s is refused at the URL of another EMR', async (EMRSystem, Message) => {
  expect((await problemOf({ ...minimalRequest, EMRSystem })).Errors).toEqual([{ Pointer: '/EMRSystem', Message }])
})

test.each(['sandbox', 'Sandbox', '3', 3, '', null])(
  'EMRSystem %j in the body is no contradiction',
  async (EMRSystem) => {
    expect((await gateway.post({ ...minimalRequest, EMRSystem })).statusCode).toBe(202)
  },
)

test.each([true, 'true', false, 'false', null])('RequestVerboseLogging may be %j in the body', async (value) => {
  const reply = await gateway.post({ ...minimalRequest, RequestVerboseLogging: value })
  expect(reply.statusCode).toBe(202)
  expect((await gateway.payload(reply.json<Job>().JobId)).verbose).toBe(String(value) === 'true')
})

test.each(['application/jsonl', 'application/x-ndjson; charset=utf-8'])('an upload may be %s', async (type) => {
  const url = '/api/v1/Sandbox/PatientEncounters/Batch'
  const headers = { ...gateway.headers, 'content-type': type }
  const payload = `${JSON.stringify(minimalRequest)}\n`
  expect((await gateway.app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(202)
})

test.each(['\ufeff', ''])('an upload in UTF-16 is refused as a whole (mark: %j)', async (mark) => {
  const url = '/api/v1/Sandbox/PatientEncounters/Batch'
  const headers = { ...gateway.headers, 'content-type': 'application/x-ndjson' }
  const payload = Buffer.from(`${mark}${JSON.stringify(minimalRequest)}\n`, 'utf16le')
  const reply = await gateway.app.inject({ method: 'POST', url, headers, payload })
  expect([reply.statusCode, reply.json<Problem>().detail]).toEqual([415, expect.stringContaining('UTF-16')])
})
