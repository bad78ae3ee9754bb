import { createClient, GatewayError, type ClientOptions } from '@encounter-gateway/client/index.ts'
import { expect, test } from 'vitest'
import { minimalRequest } from '../fixtures/ingress.ts'
import { breakOff, json, openScriptedGateway, problem, queuedJob, type Answer } from './scripted-gateway.ts'

const identity = { applicationName: 'demo', applicationKey: 'the key of demo' }
const clientOf = (baseUrl: string, more: Partial<ClientOptions> = {}) =>
  createClient({ baseUrl, ...identity, patienceMs: 20_000, ...more })

async function errorOf(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(GatewayError)
  return error as GatewayError
}

test('submits again under the same key of its own when the gateway has no room, and when the connection breaks', async () => {
  const full = problem(429, 'queue-full', { 'Retry-After': '0' })
  const away = problem(503, 'unavailable', { 'Retry-After': '0' })
  await using gateway = await openScriptedGateway(full, breakOff, away, json(202, queuedJob))
  const job = await clientOf(gateway.url).submit('Sandbox', minimalRequest)
  expect(job.JobId).toBe(queuedJob.JobId)
  const keys = new Set(gateway.seen.map(({ headers }) => headers['idempotency-key']))
  expect(gateway.seen).toHaveLength(4)
  expect(keys.size).toBe(1)
  expect([...keys][0]).toMatch(/^[0-9a-f]{32}$/)
  expect(new Set(gateway.seen.map(({ body }) => body.toString()))).toEqual(new Set([JSON.stringify(minimalRequest)]))
})

test('two encounters never share a key that nobody gave', async () => {
  await using gateway = await openScriptedGateway(json(202, queuedJob), json(202, queuedJob))
  const client = clientOf(gateway.url)
  await client.submit('Sandbox', minimalRequest)
  await client.submit('Sandbox', minimalRequest)
  expect(gateway.seen[0]?.headers['idempotency-key']).not.toBe(gateway.seen[1]?.headers['idempotency-key'])
})

test.for([
  [400, 'invalid-request'],
  [401, 'unauthorized'],
  [409, 'conflict'],
  [422, 'idempotency-mismatch'],
  [500, 'internal'],
  [502, 'emr-unavailable'],
] as const)('a %i %s is not tried again, and tells the problem', async ([status, slug]) => {
  await using gateway = await openScriptedGateway(
    problem(status, slug, { 'X-Request-Id': 'r-1' }),
    json(202, queuedJob),
  )
  const error = await errorOf(clientOf(gateway.url).submit('Sandbox', minimalRequest))
  expect(error).toMatchObject({ status, slug, requestId: 'r-1', problem: { detail: 'As the test says.' } })
  expect(gateway.seen).toHaveLength(1)
})

test('a 502 of a proxy in front is tried again, unlike one of an EMR', async () => {
  const bad: Answer = ({ response }) =>
    void response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>')
  await using gateway = await openScriptedGateway(bad, json(200, queuedJob))
  expect(await clientOf(gateway.url).job('q3f0a7k2m9x1c8v5b6n4')).toEqual(queuedJob)
})

test('a retry by hand is not sent twice when its answer is lost, but is when it was refused', async () => {
  await using lost = await openScriptedGateway(breakOff, json(202, queuedJob))
  expect(await errorOf(clientOf(lost.url).retryJob('j'))).toMatchObject({ status: undefined })
  expect(lost.seen).toHaveLength(1)
  await using refused = await openScriptedGateway(problem(503, 'unavailable'), json(202, queuedJob))
  expect(await clientOf(refused.url).retryJob('j')).toEqual(queuedJob)
})

test('a Retry-After that is longer than the patience ends the call at once and says how long', async () => {
  await using gateway = await openScriptedGateway(problem(429, 'queue-full', { 'Retry-After': '3600' }))
  const error = await errorOf(clientOf(gateway.url).submit('Sandbox', minimalRequest))
  expect(error).toMatchObject({ status: 429, retryAfterMs: 3_600_000, mayPass: true })
})

test('a gateway that nobody can reach is told by its address, and neither key nor patient', async () => {
  const gateway = await openScriptedGateway()
  await gateway[Symbol.asyncDispose]()
  const error = await errorOf(
    clientOf(gateway.url, { patienceMs: 0 }).submit('Sandbox', { ...minimalRequest, PatientId: 'Jane' }),
  )
  expect(error.message).toBe(`no answer from ${gateway.url} (ECONNREFUSED)`)
  expect(JSON.stringify(error) + String(error.stack)).not.toMatch(/the key of demo|Jane/)
})

test('an answer that does not come in time is tried again', async () => {
  await using gateway = await openScriptedGateway(() => undefined, json(200, queuedJob))
  const pauses: Error[] = []
  const client = clientOf(gateway.url, { timeoutMs: 300, onPause: ({ error }) => pauses.push(error) })
  expect(await client.job('j')).toEqual(queuedJob)
  expect(pauses.map(({ message }) => message)).toEqual([`no answer from ${gateway.url} (ETIMEDOUT)`])
})

test('a body that stops half-way is no answer either', async () => {
  const half: Answer = ({ response }) =>
    void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"JobId":')
  await using gateway = await openScriptedGateway(half, json(200, queuedJob))
  expect(await clientOf(gateway.url, { timeoutMs: 300 }).job('j')).toEqual(queuedJob)
})

test('a redirect is not followed: the credentials stay here', async () => {
  await using elsewhere = await openScriptedGateway(json(200, queuedJob))
  await using gateway = await openScriptedGateway(({ response }) => {
    response.writeHead(307, { Location: `${elsewhere.url}/api/v1/Jobs/j` }).end()
  })
  const error = await errorOf(clientOf(gateway.url).job('j'))
  expect(error.message).toContain('redirect')
  expect(elsewhere.seen).toEqual([])
})

test('an abort ends a pause and a request with its reason', async () => {
  const reason = new Error('enough')
  await using full = await openScriptedGateway(problem(503, 'unavailable', { 'Retry-After': '10' }))
  const pausing = new AbortController()
  const client = clientOf(full.url, { onPause: () => pausing.abort(reason) })
  await expect(client.submit('Sandbox', minimalRequest, { signal: pausing.signal })).rejects.toBe(reason)

  const asking = new AbortController()
  await using silent = await openScriptedGateway(() => asking.abort(reason))
  await expect(clientOf(silent.url).job('j', { signal: asking.signal })).rejects.toBe(reason)
})

test('waits for a job again and again until it has ended', async () => {
  const held = { 'Preference-Applied': 'wait=60', 'Retry-After': '2' }
  const ended = { ...queuedJob, Status: 'Succeeded', StatusCode: 201 }
  await using gateway = await openScriptedGateway(json(200, queuedJob, held), breakOff, json(200, ended))
  expect(await clientOf(gateway.url).waitFor('j')).toEqual(ended)
  expect(gateway.seen.map(({ headers }) => headers.prefer)).toEqual(['wait=60', 'wait=60', 'wait=60'])
})

test('who waits for so long and no longer gets the job as it stands', async () => {
  const answers = Array.from({ length: 50 }, () => json(200, queuedJob, { 'Retry-After': '0' }))
  await using gateway = await openScriptedGateway(json(202, queuedJob), ...answers)
  const job = await clientOf(gateway.url).submit('Sandbox', minimalRequest, { waitSeconds: 0.2 })
  expect(job).toEqual(queuedJob)
  expect(gateway.seen[0]?.headers.prefer).toBe('respond-async')
})

test('credentials go as headers in UTF-8, an EMR’s for one call win over those of the client', async () => {
  await using gateway = await openScriptedGateway(json(202, queuedJob))
  const client = clientOf(gateway.url, { loginId: 'doctor', password: 'swordfish', emrInstance: 'north' })
  await client.submit('Sandbox', minimalRequest, { password: 'pässwört€' })
  const headers = gateway.seen[0]?.headers ?? {}
  expect(headers).toMatchObject({
    applicationname: 'demo',
    applicationkey: 'the key of demo',
    loginid: 'doctor',
    emrinstance: 'north',
  })
  expect(Buffer.from(String(headers['password']), 'latin1').toString('utf8')).toBe('pässwört€')
})

test.for([
  ['http://user:secret@127.0.0.1/', {}],
  ['file:///etc/passwd', {}],
  ['not a url', {}],
  ['http://127.0.0.1/?key=secret', {}],
  ['http://127.0.0.1/', { password: 'secret\r\nX: y' }],
  ['http://127.0.0.1/', { password: ' secret' }],
] as const)('what cannot be used is refused at once and not quoted: %s', ([baseUrl, more]) => {
  const open = () => clientOf(baseUrl, more)
  expect(open).toThrow(TypeError)
  expect(open).not.toThrow(/secret/)
})
