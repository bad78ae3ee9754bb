import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import sample from '@encounter-gateway/shared/contract/sample-request.json' with { type: 'json' }
import type { FastifyInstance } from 'fastify'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Agent, request } from 'undici'
import { buildSandboxEmr } from './app.ts'
import { magic } from './magic.ts'

let app: FastifyInstance
let agent: Agent
let url: string
beforeEach(() => start())
afterEach(() => stop())

async function start(options: Parameters<typeof buildSandboxEmr>[0] = {}) {
  app = buildSandboxEmr(options)
  agent = new Agent()
  url = await app.listen({ port: 0, host: '127.0.0.1' })
}

async function stop() {
  await agent.destroy()
  await app.close()
}

async function restart(options: Parameters<typeof buildSandboxEmr>[0]) {
  await stop()
  await start(options)
}

type Ask = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, { body, headers, signal }: Ask = {}) {
  const answer = await request(url + path, {
    dispatcher: agent,
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })
  const text = await answer.body.text()
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  }
}

const login = { authorization: `Basic ${Buffer.from('joe:secret').toString('base64')}` }
const content = (patientId: string) => ({ ...takeEncounter(sample), PatientId: patientId })
const create = (patientId: string, key = 'key-1', more: Ask = {}) =>
  ask('POST', '/encounters', { body: content(patientId), headers: { ...login, 'correlation-key': key }, ...more })
const control = (settings: unknown) => ask('PUT', '/control', { body: settings })
const under = async (key: string) => (await ask('GET', `/encounters?correlationKey=${key}`)).body

test('creates an encounter and shows it whole', async () => {
  const created = await create('P1')
  expect(created.status).toBe(201)
  expect(created.headers.location).toBe('/encounters/SBX-000001')
  expect(created.body).toEqual({
    EncounterId: 'SBX-000001',
    AlternativeIdentifiers: [
      { Code: 'FIN', Description: 'Financial number', Value: 'F000001' },
      { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: 'key-1' },
    ],
  })
  const shown = await ask('GET', '/encounters/SBX-000001')
  expect(shown.body).toMatchObject({ EncounterId: 'SBX-000001', CorrelationKey: 'key-1', Content: content('P1') })
  expect((await ask('GET', '/encounters/SBX-000002')).status).toBe(404)
})

test('creates two encounters when it is asked twice under one key', async () => {
  await create('P1')
  await create('P1')
  expect(await under('key-1')).toMatchObject([{ EncounterId: 'SBX-000001' }, { EncounterId: 'SBX-000002' }])
  expect(await under('key-2')).toEqual([])
})

test('lists everything in pages, the oldest first', async () => {
  for (const patientId of ['P1', 'P2', 'P3']) await create(patientId, `of-${patientId}`)
  const page = await ask('GET', '/encounters?limit=2')
  expect(page.body).toMatchObject([{ CorrelationKey: 'of-P1' }, { CorrelationKey: 'of-P2', EncounterId: 'SBX-000002' }])
  expect((await ask('GET', '/encounters?limit=2&after=SBX-000002')).body).toMatchObject([{ CorrelationKey: 'of-P3' }])
  expect((await ask('GET', '/encounters?after=SBX-000003')).body).toEqual([])
  expect((await ask('GET', '/encounters')).body).toHaveLength(3)
})

test('keeps no more than it was told to, and forgets the oldest first', async () => {
  await restart({ keep: 2 })
  for (const patientId of ['P1', 'P2', 'P3']) await create(patientId, `of-${patientId}`)
  expect((await ask('GET', '/encounters')).body).toMatchObject([
    { CorrelationKey: 'of-P2' },
    { CorrelationKey: 'of-P3' },
  ])
  expect(await under('of-P1')).toEqual([])
  expect((await ask('GET', '/encounters/SBX-000001')).status).toBe(404)
  expect((await ask('GET', '/health')).body).toEqual({ Status: 'ok', Encounters: 2, Created: 3 })
})

test('forgets everything on DELETE, and counts on', async () => {
  await create('P1')
  expect((await ask('DELETE', '/encounters')).status).toBe(204)
  expect((await ask('GET', '/encounters')).body).toEqual([])
  expect((await create('P1')).body).toMatchObject({ EncounterId: 'SBX-000002' })
  expect((await ask('GET', '/encounters')).body).toHaveLength(1)
})

test.each<[string, Record<string, string>]>([
  ['no Authorization', {}],
  ['an unknown scheme', { authorization: 'Digest abc' }],
  ['no LoginId', { authorization: `Basic ${Buffer.from(':secret').toString('base64')}` }],
])('answers 401 to %s', async (_name, headers) => {
  const answer = await ask('POST', '/encounters', {
    body: content('P1'),
    headers: { 'correlation-key': 'k', ...headers },
  })
  expect(answer.status).toBe(401)
  expect(answer.headers['www-authenticate']).toContain('Basic')
  expect(await under('k')).toEqual([])
})

test('takes a Bearer token in place of a login', async () => {
  const headers = { authorization: 'Bearer a token', 'correlation-key': 'k' }
  expect((await ask('POST', '/encounters', { body: content('P1'), headers })).status).toBe(201)
})

test.each<[string, unknown, string]>([
  ['a missing property', { UserId: 'u', Encounter: {} }, '/PatientId'],
  [
    'a wrong type',
    { UserId: 'u', PatientId: 'p', Encounter: { Insurances: [{ CompanyId: 5 }] } },
    '/Encounter/Insurances/0/CompanyId',
  ],
  ['a credential in the body', { UserId: 'u', PatientId: 'p', Encounter: {}, Password: 'secret' }, '/Password'],
  [
    'a bad date',
    { UserId: 'u', PatientId: 'p', Encounter: { EncounterDateTime: 'today' } },
    '/Encounter/EncounterDateTime',
  ],
])('answers 400 to %s and points at it', async (_name, body, pointer) => {
  const answer = await ask('POST', '/encounters', { body, headers: { ...login, 'correlation-key': 'k' } })
  expect(answer.status).toBe(400)
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.body).toMatchObject({
    status: 400,
    Errors: expect.arrayContaining([expect.objectContaining({ Pointer: pointer })]),
  })
  expect(JSON.stringify(answer.body)).not.toContain('secret')
})

test('answers 400 without a Correlation-Key, a body, or JSON', async () => {
  expect((await ask('POST', '/encounters', { body: content('P1'), headers: login })).status).toBe(400)
  expect((await ask('POST', '/encounters', { headers: { ...login, 'correlation-key': 'k' } })).status).toBe(400)
  const answer = await ask('POST', '/encounters', {
    body: '{"a": Jane}',
    headers: { ...login, 'correlation-key': 'k' },
  })
  expect(answer).toMatchObject({ status: 400, body: { title: 'Bad Request' } })
  expect(JSON.stringify(answer.body)).not.toContain('Jane')
})

test('answers 413 to more than 2 MB', async () => {
  const body = { ...content('P1'), UserId: 'x'.repeat(2 * 1024 * 1024) }
  expect((await ask('POST', '/encounters', { body, headers: { ...login, 'correlation-key': 'k' } })).status).toBe(413)
})

test.each([400, 401, 403, 408, 500, 502])('SANDBOX-%i answers so and creates nothing', async (status) => {
  const answer = await create(`SANDBOX-${status}`)
  expect(answer).toMatchObject({ status, body: { status } })
  expect(await under('key-1')).toEqual([])
})

test('SANDBOX-400 points at the PatientId', async () => {
  expect((await create('SANDBOX-400')).body).toMatchObject({ Errors: [{ Pointer: '/PatientId' }] })
})

test('SANDBOX-201 creates', async () => {
  expect((await create('SANDBOX-201')).status).toBe(201)
})

test('SANDBOX-SLOW answers, but after one that was sent later', async () => {
  await restart({ slowMs: 300 })
  const order: string[] = []
  const slow = create('SANDBOX-SLOW', 'slow').then((answer) => order.push(`slow ${answer.status}`))
  await expect.poll(() => under('slow')).toHaveLength(1)
  await create('P1').then((answer) => order.push(`other ${answer.status}`))
  await slow
  expect(order).toEqual(['other 201', 'slow 201'])
})

test('SANDBOX-TIMEOUT creates at once, and answers no client with common patience', async () => {
  const over = new AbortController()
  const waiting = create('SANDBOX-TIMEOUT', 'late', { signal: over.signal }).catch((error: Error) => error.name)
  await expect.poll(() => under('late')).toHaveLength(1)
  over.abort()
  expect(await waiting).toBe('AbortError')
})

test('SANDBOX-TIMEOUT does answer in the end', async () => {
  await restart({ timeoutMs: 20 })
  expect((await create('SANDBOX-TIMEOUT')).status).toBe(201)
})

test.each([
  ['SANDBOX-DROP-AFTER-COMMIT', 1],
  ['SANDBOX-DROP-BEFORE-COMMIT', 0],
])('%s gives no answer the first time of each key, having created %i', async (patientId, created) => {
  for (const key of ['one', 'two']) {
    await expect(create(patientId, key)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
    expect(await under(key)).toHaveLength(created)
    expect((await create(patientId, key)).status).toBe(201)
    expect(await under(key)).toHaveLength(created + 1)
  }
})

test('SANDBOX-502-AFTER-COMMIT creates, says 502, and works the next time', async () => {
  expect((await create('SANDBOX-502-AFTER-COMMIT')).status).toBe(502)
  expect(await under('key-1')).toHaveLength(1)
  expect((await create('SANDBOX-502-AFTER-COMMIT')).status).toBe(201)
})

test('SANDBOX-FAILS-TWICE answers 502, 502, 201 for each key', async () => {
  for (const key of ['one', 'two']) {
    for (const status of [502, 502, 201, 201]) expect((await create('SANDBOX-FAILS-TWICE', key)).status).toBe(status)
    expect(await under(key)).toHaveLength(2)
  }
})

test('SANDBOX-BUSY answers 429 with Retry-After once, then works', async () => {
  const busy = await create('SANDBOX-BUSY')
  expect(busy).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
  expect((await create('SANDBOX-BUSY')).status).toBe(201)
})

test('the page about the Sandbox EMR lists every magic value with what it does', async () => {
  const page = await readFile(new URL('../../docs/emr/sandbox.md', import.meta.url), 'utf8')
  const rows = Object.entries(magic).map(([patientId, { does }]) => `| \`${patientId}\` | ${does} |`)
  expect(page.split('\n')).toEqual(expect.arrayContaining(rows))
})

test('shows, replaces and resets how it misbehaves', async () => {
  const healthy = (await ask('GET', '/control')).body
  expect(healthy).toEqual({
    latencyMs: 0,
    latencyJitterMs: 0,
    faultRate: {},
    findFaultRate: {},
    commitDelayMs: 0,
    down: false,
    hangAll: false,
    seed: 1,
  })
  expect((await control({ latencyMs: 5, seed: 9 })).body).toMatchObject({ latencyMs: 5, seed: 9 })
  expect((await control({ faultRate: { 502: 0.5 } })).body).toMatchObject({
    latencyMs: 0,
    seed: 1,
    faultRate: { 502: 0.5 },
  })
  expect((await ask('DELETE', '/control')).status).toBe(204)
  expect((await ask('GET', '/control')).body).toEqual(healthy)
})

test.each<[unknown, string]>([
  [{ latency: 5 }, '/latency'],
  [{ latencyMs: '5' }, '/latencyMs'],
  [{ faultRate: { 418: 1 } }, '/faultRate/418'],
  [{ faultRate: { 502: 2 } }, '/faultRate/502'],
  [{ faultRate: { 500: 0.6, 502: 0.6 } }, '/faultRate'],
  [{ findFaultRate: { 500: 0.6, 502: 0.6 } }, '/findFaultRate'],
])('refuses the settings %j and keeps the old ones', async (settings, pointer) => {
  await control({ seed: 7 })
  expect(await control(settings)).toMatchObject({ status: 400, body: { Errors: [{ Pointer: pointer }] } })
  expect((await ask('GET', '/control')).body).toMatchObject({ seed: 7 })
})

async function statusesFrom(seed: number): Promise<number[]> {
  await control({ seed, faultRate: { 400: 0.25, 502: 0.25 } })
  const statuses: number[] = []
  for (let n = 0; n < 40; n++) statuses.push((await create('P1')).status)
  return statuses
}

test('draws the same faults again from the same seed, and others from another', async () => {
  const first = await statusesFrom(3)
  expect(new Set(first)).toEqual(new Set([201, 400, 502]))
  expect(await statusesFrom(3)).toEqual(first)
  expect(await statusesFrom(4)).not.toEqual(first)
})

test('drops after or before creating at the rate it was told', async () => {
  await control({ faultRate: { 'drop-after': 1 } })
  await expect(create('P1', 'after')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  expect(await under('after')).toHaveLength(1)
  await control({ faultRate: { 'drop-before': 1 } })
  await expect(create('P1', 'before')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  expect(await under('before')).toEqual([])
})

test('lets finds fail at a rate of their own', async () => {
  await control({ findFaultRate: { 502: 1 } })
  expect((await create('P1')).status).toBe(201)
  expect((await ask('GET', '/encounters?correlationKey=key-1')).status).toBe(502)
  expect((await ask('GET', '/encounters')).body).toHaveLength(1)
})

test('drops every connection while it is down, but answers for /control', async () => {
  await control({ down: true })
  await expect(create('P1')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  await expect(ask('GET', '/health')).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  await ask('DELETE', '/control')
  expect((await ask('GET', '/encounters')).body).toEqual([])
})

test('takes requests and never answers while it hangs, and can be closed all the same', async () => {
  await control({ hangAll: true })
  const asked = once(app.server, 'request')
  const waiting = create('P1').catch((error: { code?: string }) => error.code)
  await asked
  await ask('DELETE', '/control')
  expect((await ask('GET', '/encounters')).body).toEqual([])
  await app.close()
  expect(await waiting).toBe('UND_ERR_SOCKET')
})

test('creates late, also for a client that is gone', async () => {
  await control({ commitDelayMs: 500 })
  const over = new AbortController()
  const asked = once(app.server, 'request')
  const waiting = create('P1', 'late', { signal: over.signal }).catch((error: Error) => error.name)
  await asked
  const found = await under('late')
  over.abort()
  expect(await waiting).toBe('AbortError')
  expect(found).toEqual([])
  await expect.poll(() => under('late'), { timeout: 5_000 }).toHaveLength(1)
})

test('cuts off a request that still waits when it stops, rather than answer it falsely', async () => {
  const waiting = create('SANDBOX-TIMEOUT', 'late').catch((error: { code?: string }) => error.code)
  await expect.poll(() => under('late')).toHaveLength(1)
  await app.close()
  expect(await waiting).toBe('UND_ERR_SOCKET')
})
