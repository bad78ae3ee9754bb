import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import { buildSandboxEmr } from '@encounter-gateway/sandbox-emr/app.ts'
import type { FastifyInstance } from 'fastify'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Emr, EncounterOrder } from '../emr.ts'
import { EmrError } from '../emr-error.ts'
import { connectorOptions, openEmr, policyMistakes } from '../registry.ts'

const settings = {
  emrSystem: 'Sandbox' as const,
  emrInstance: 'default',
  connector: 'sandbox',
  timeoutMs: 10_000,
  maxAttempts: 5,
  backoffMs: 500,
  deadlineHours: 24,
  concurrency: 4,
  maxPending: 1_000,
  requestsPerSecond: 200,
  onUnknownOutcome: 'reconcile' as const,
  settleMs: 0,
  breaker: { minimumCalls: 10, failurePercent: 50, openMs: 15_000 },
}

let emr: Emr
let foreign: { app: FastifyInstance; url: string }
beforeEach(async () => {
  const app = buildSandboxEmr()
  foreign = { app, url: await app.listen({ port: 0, host: '127.0.0.1' }) }
  emr = connectionTo(foreign.url)
})
afterEach(async () => {
  await emr.close()
  await foreign.app.close()
})

const connectionTo = (baseUrl: string): Emr => openEmr(Object.assign({ baseUrl }, settings))
const call = (signal: AbortSignal = new AbortController().signal) => ({ signal, log: pino({ level: 'silent' }) })
const order = (patientId: string, more: Partial<EncounterOrder> = {}): EncounterOrder => ({
  correlationKey: 'k2345678901234567890',
  encounter: { ...takeEncounter(sample), PatientId: patientId },
  credentials: { loginId: 'joe', password: 'secret' },
  ...more,
})

async function errorOf(promise: Promise<unknown>): Promise<EmrError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EmrError)
  return error as EmrError
}

/** The connector, facing a server that answers each request head with `answer`. */
async function facing(answer: (socket: Socket) => void): Promise<Emr> {
  const server = createServer((socket) => socket.on('error', () => {}).on('data', () => answer(socket)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  await emr.close()
  emr = connectionTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return emr
}

const reply =
  (status: string, body: unknown, headers = '') =>
  (socket: Socket) => {
    const text = JSON.stringify(body)
    socket.write(`HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

test('creates an encounter, and finds it again by its key', async () => {
  expect(await emr.find?.(order('P1'), call())).toBeUndefined()
  const created = await emr.create(order('P1'), call())
  expect(created).toEqual({
    EncounterId: 'SBX-000001',
    AlternativeIdentifiers: [
      { Code: 'FIN', Description: 'Financial number', Value: 'F000001' },
      { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: 'k2345678901234567890' },
    ],
    NotCarried: [],
  })
  expect(await emr.find?.(order('P1'), call())).toEqual(created)
  expect(await emr.find?.(order('P1', { correlationKey: 'another' }), call())).toBeUndefined()
})

test('carries every property of the encounter, and none of the credentials', async () => {
  await emr.create(order('P1'), call())
  const kept: unknown = await (await fetch(`${foreign.url}/encounters/SBX-000001`)).json()
  expect(kept).toMatchObject({ Content: order('P1').encounter })
  expect(JSON.stringify(kept)).not.toContain('secret')
})

test('logs in with the token if there is one', async () => {
  await emr.create(order('P1', { credentials: { authorizationToken: 'abc' } }), call())
  const error = await errorOf(emr.create(order('P1', { credentials: {} }), call()))
  expect(error).toMatchObject({ code: 401, retry: false, outcomeUnknown: false })
})

test.each([
  ['SANDBOX-400', { code: 400, retry: false, outcomeUnknown: false, pointers: ['/PatientId'] }],
  ['SANDBOX-401', { code: 401, retry: false, outcomeUnknown: false }],
  ['SANDBOX-403', { code: 403, retry: false, outcomeUnknown: false }],
  ['SANDBOX-408', { code: 408, retry: true, outcomeUnknown: true }],
  ['SANDBOX-500', { code: 500, retry: false, outcomeUnknown: false }],
  ['SANDBOX-502', { code: 502, retry: true, outcomeUnknown: true }],
  ['SANDBOX-BUSY', { code: 502, retry: true, outcomeUnknown: false, retryAfterMs: 2000 }],
])('classifies %s', async (patientId, expected) => {
  expect(await errorOf(emr.create(order(patientId), call()))).toMatchObject(expected)
})

test.each(['SANDBOX-DROP-AFTER-COMMIT', 'SANDBOX-502-AFTER-COMMIT'])(
  'finds what %s created without confirming it',
  async (patientId) => {
    const error = await errorOf(emr.create(order(patientId), call()))
    expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: true })
    expect(await emr.find?.(order(patientId), call())).toMatchObject({ EncounterId: 'SBX-000001' })
  },
)

test('finds what was created although the answer was too late', async () => {
  const over = new AbortController()
  const creating = errorOf(emr.create(order('SANDBOX-TIMEOUT'), call(over.signal)))
  await expect.poll(() => emr.find?.(order('SANDBOX-TIMEOUT'), call())).toMatchObject({ EncounterId: 'SBX-000001' })
  over.abort()
  expect(await creating).toMatchObject({ code: 408, retry: true, outcomeUnknown: true })
})

test('a find that fails says nothing about the encounter', async () => {
  await fetch(`${foreign.url}/control`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ findFaultRate: { 502: 1 } }),
  })
  expect(await errorOf(emr.find?.(order('P1'), call()) ?? Promise.resolve())).toMatchObject({
    code: 502,
    outcomeUnknown: false,
  })
})

test('checks that the EMR is there, without creating anything', async () => {
  await emr.check(call())
  expect(await (await fetch(`${foreign.url}/health`)).json()).toMatchObject({ Created: 0 })
  const { port } = foreign.app.server.address() as AddressInfo
  await foreign.app.close()
  const gone = connectionTo(`http://127.0.0.1:${port}`)
  expect(await errorOf(gone.check(call()))).toMatchObject({ code: 502, outcomeUnknown: false })
  await gone.close()
})

test('of duplicates, finds the first', async () => {
  await emr.create(order('P1'), call())
  await emr.create(order('P1'), call())
  expect(await emr.find?.(order('P1'), call())).toMatchObject({ EncounterId: 'SBX-000001' })
})

test("does not take another request's encounter as ours when the query is ignored", async () => {
  const listed = { EncounterId: 'X', AlternativeIdentifiers: [], CorrelationKey: 'other', CreatedAt: '' }
  const other = await facing(reply('200 OK', [listed]))
  expect(await other.find?.(order('P1'), call())).toBeUndefined()
})

test.each<[string, (socket: Socket) => void]>([
  ['garbage', (socket) => socket.write('ACK|whatever\r\n\r\n')],
  ['201 with nothing in it', reply('201 Created', {})],
  ['201 with an empty EncounterId', reply('201 Created', { EncounterId: '', AlternativeIdentifiers: [] })],
  ['200', reply('200 OK', { EncounterId: 'X', AlternativeIdentifiers: [] })],
  ['an answer of 2 MB', reply('201 Created', { EncounterId: 'X'.repeat(2_000_000), AlternativeIdentifiers: [] })],
  ['a reset', (socket) => socket.resetAndDestroy()],
  ['503', reply('503 Busy', {})],
])('does not know the outcome after %s', async (_name, answer) => {
  const strange = await facing(answer)
  expect(await errorOf(strange.create(order('P1'), call()))).toMatchObject({
    code: 502,
    retry: true,
    outcomeUnknown: true,
  })
})

test.each(['302 Found', '404 Not Found', '415 Unsupported'])(
  'gives up on something that is not a Sandbox EMR: %s',
  async (status) => {
    const strange = await facing(reply(status, {}))
    expect(await errorOf(strange.create(order('P1'), call()))).toMatchObject({
      code: 502,
      retry: false,
      outcomeUnknown: false,
    })
  },
)

test('includes nothing that a refusal quotes in the error', async () => {
  const Errors = [{ Pointer: '/PatientId' }, { Pointer: '/Jane Doe' }]
  const strange = await facing(reply('400 Jane Doe', { title: 'Jane Doe', Errors }))
  const error = await errorOf(strange.create(order('P1'), call()))
  expect(error).toMatchObject({ code: 400, pointers: ['/PatientId'], message: 'the EMR did not accept the content' })
  expect(JSON.stringify(error) + error.stack).not.toContain('Jane')
})

test('a refusal whose body is not JSON stays a refusal', async () => {
  const strange = await facing((socket) => socket.write('HTTP/1.1 400 No\r\nContent-Length: 4\r\n\r\nJane'))
  expect(await errorOf(strange.create(order('P1'), call()))).toMatchObject({ code: 400, pointers: [] })
})

test('is registered with its options, and lets a connection reconcile', () => {
  expect(Object.keys(connectorOptions['sandbox']?.properties ?? {})).toEqual(['baseUrl'])
  expect(policyMistakes([settings])).toEqual([])
  expect(() => connectionTo('http://127.0.0.1:99999')).toThrow('Invalid URL')
  expect(() => openEmr({ ...settings, connector: 'nothing' })).toThrow('there is no connector nothing')
})
