import { hashPassword } from '@encounter-gateway/api/operators/password.ts'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failed, minimalRequest, openIngress, unknown, type Ingress } from '../fixtures/ingress.ts'

const hashOf = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`
let gateway: Ingress
let base: string

beforeAll(async () => {
  const passwordHash = await hashPassword('correct & horse', { N: 1024, r: 8, p: 1 })
  gateway = await openIngress({
    operators: [
      { name: 'seer', role: 'viewer', tokenHash: hashOf('seer-token') },
      { name: 'doer', role: 'operator', tokenHash: hashOf('doer-token'), passwordHash },
      { name: 'checker', role: 'auditor', tokenHash: hashOf('checker-token') },
      { name: 'cerner-only', role: 'operator', tokenHash: hashOf('cerner-token'), connections: ['Cerner.*'] },
    ],
  })
  base = `/api/v1/operator/Connections/Sandbox/${gateway.emrInstance}`
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const as = (token: string) => ({ authorization: `Bearer ${token}-token` })
const get = (url: string, who = 'seer') =>
  gateway.app.inject({ url: url.startsWith('/') ? url : `/api/v1/operator/${url}`, headers: as(who) })
const post = (url: string, payload: object, who = 'doer') =>
  gateway.app.inject({
    method: 'POST',
    url: url.startsWith('/') ? url : `/api/v1/operator/${url}`,
    payload,
    headers: as(who),
  })
const row = async () => (await get(base)).json<Record<string, unknown>>()

describe('who may what', () => {
  test.each([
    ['nobody', {}],
    ['a wrong token', { authorization: 'Bearer nobody-token' }],
    ['an application', { applicationname: 'demo', applicationkey: 'demo key' }],
    ['a cookie of no session', { cookie: 'eg_operator=x' }],
  ])('%s is a 401', async (_who, headers) => {
    const reply = await gateway.app.inject({ url: '/api/v1/operator/Connections', headers })
    expect(reply.statusCode).toBe(401)
    expect(reply.json()).toMatchObject({ type: expect.stringContaining('operator-unauthorized') })
  })

  test('a viewer sees and does not act; an operator acts and does not read the audit log; an auditor does', async () => {
    expect((await get('Connections', 'seer')).statusCode).toBe(200)
    for (const who of ['seer', 'checker']) {
      expect((await post(`${base}/Pause`, { Reason: 'r' }, who)).statusCode).toBe(403)
      expect((await post('Jobs/Retry', { Filter: {}, DryRun: true }, who)).statusCode).toBe(403)
    }
    expect((await get('Audit', 'doer')).statusCode).toBe(403)
    expect((await get('Audit', 'checker')).statusCode).toBe(200)
    expect((await row())['State']).not.toBe('Paused')
  })

  test('what is outside the scope does not exist', async () => {
    const { Connections } = (await get('Connections', 'cerner')).json<{ Connections: { EMRSystem: string }[] }>()
    expect(Connections.map(({ EMRSystem }) => EMRSystem)).toEqual(['Cerner'])
    const job = await gateway.accept()
    for (const url of [base, `Jobs/${job}`]) expect((await get(url, 'cerner')).statusCode).toBe(404)
    expect((await post(`${base}/Pause`, { Reason: 'r' }, 'cerner')).statusCode).toBe(404)
    expect((await post(`Jobs/${job}/Cancel`, { Reason: 'r' }, 'cerner')).statusCode).toBe(404)
    expect((await get('Jobs', 'cerner')).json()).toEqual({ Jobs: [] })
  })

  test('a session needs its X-CSRF-Token to change anything', async () => {
    const payload = new URLSearchParams({ name: 'doer', password: 'correct & horse' }).toString()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const signedIn = await gateway.app.inject({ method: 'POST', url: '/admin/login', payload, headers: form })
    const cookie =
      [signedIn.headers['set-cookie']]
        .flat()
        .find((each) => each?.startsWith('eg_operator='))
        ?.split(';')[0] ?? ''
    const page = await gateway.app.inject({
      url: `/admin/connections/Sandbox/${gateway.emrInstance}`,
      headers: { cookie },
    })
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? []
    const url = `${base}/Limits`
    const limits = { Reason: 'quieter', Concurrency: 3 }
    const change = (headers: object) =>
      gateway.app.inject({ method: 'POST', url, payload: limits, headers: { cookie, ...headers } })
    expect((await change({})).statusCode).toBe(403)
    expect((await change({ 'x-csrf-token': 'x'.repeat(csrf.length) })).statusCode).toBe(403)
    expect((await change({ 'x-csrf-token': csrf })).json()).toMatchObject({
      Concurrency: 3,
      OrderedBy: 'doer',
      Reason: 'quieter',
    })
    const posted = {
      method: 'POST',
      url: `/admin/connections/Sandbox/${gateway.emrInstance}`,
      headers: { cookie, ...form },
    } as const
    const fields = { act: 'Pause', reason: 'by form' }
    const withCsrf = (value: string) => new URLSearchParams({ ...fields, csrf: value }).toString()
    expect((await gateway.app.inject({ ...posted, payload: withCsrf('no') })).statusCode).toBe(403)
    expect((await gateway.app.inject({ ...posted, payload: withCsrf(csrf) })).statusCode).toBe(303)
    expect(await row()).toMatchObject({ State: 'Paused', Reason: 'by form' })
    await post(`${base}/Resume`, { Reason: 'done' })
    await post(`${base}/Limits`, { Reason: 'done' })
    expect(await row()).toMatchObject({ Concurrency: 20 })
  })
})

describe('orders', () => {
  test('pause, drain, hold and limits are in force at once, and are taken back', async () => {
    const { records } = gateway.connection
    const { queue } = records
    expect((await post(`${base}/Pause`, { Reason: 'maintenance' })).json()).toMatchObject({
      State: 'Paused',
      OrderedBy: 'doer',
    })
    expect(await queue.isPaused()).toBe(true)
    expect((await post(`${base}/Resume`, { Reason: 'over' })).json()).toMatchObject({ State: 'NoWorkers' })
    expect(await queue.isPaused()).toBe(false)
    await post(`${base}/Hold`, { Reason: 'wait', Seconds: 60 })
    const job = await gateway.accept()
    expect((await get(`Jobs/${job}`)).json()).toMatchObject({ Status: 'Parked' })
    await post(`${base}/Release`, { Reason: 'go' })
    expect((await get(`Jobs/${job}`)).json()).toMatchObject({ Status: 'Queued' })
    await post(`${base}/Limits`, { Reason: 'gently', Concurrency: 2, RequestsPerSecond: 5 })
    expect(await row()).toMatchObject({ Concurrency: 2, RequestsPerSecond: 5, Configured: { Concurrency: 20 } })
    expect(Object.keys(await records.control.read()).sort()).toEqual(['limits', 'resumed'])
    await post(`${base}/Limits`, { Reason: 'as before' })
    expect((await row())['OrderedBy']).toBeUndefined()
  })

  test('a connection that drains accepts nothing new until it is resumed', async () => {
    await using other = await openIngress({
      operators: [{ name: 'doer', role: 'operator', tokenHash: hashOf('doer-token') }],
    })
    const path = `/api/v1/operator/Connections/Sandbox/${other.emrInstance}`
    const order = (name: string) =>
      other.app.inject({ method: 'POST', url: `${path}/${name}`, payload: { Reason: 'r' }, headers: as('doer') })
    expect((await order('Drain')).json()).toMatchObject({ Draining: true })
    const refused = await other.post(minimalRequest)
    expect(refused.statusCode).toBe(503)
    expect(refused.headers['retry-after']).toBeDefined()
    expect((await order('Resume')).json<object>()).not.toHaveProperty('Draining')
  })

  test.each([
    ['Pause', {}, '/Reason'],
    ['Pause', { Reason: '  ' }, '/Reason'],
    ['Pause', { Reason: 'r', Until: '2020-01-01T00:00:00Z' }, '/Until'],
    ['Hold', { Reason: 'r' }, '/Seconds'],
    ['Limits', { Reason: 'r', Concurrency: 0 }, '/Concurrency'],
  ])('%s %j is a 400 that names %s', async (name, body, pointer) => {
    const reply = await post(`${base}/${name}`, body)
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ Errors: { Pointer: string }[] }>().Errors.map(({ Pointer }) => Pointer)).toContain(pointer)
  })
})

describe('jobs', () => {
  test('of all applications are listed and shown without what is theirs alone', async () => {
    const [mine, others] = [
      await gateway.accept(),
      (await gateway.post(minimalRequest, gateway.asOther)).json<{ JobId: string }>().JobId,
    ]
    await gateway.finish(
      others,
      { status: 'Succeeded', statusCode: 201, result: { EncounterId: 'CANARY-1' } },
      gateway.names.other,
    )
    const { Jobs } = (await get(`Jobs?EmrInstance=${gateway.emrInstance}`)).json<{
      Jobs: { JobId: string; Application: string }[]
    }>()
    const owners = new Map(Jobs.map(({ JobId, Application }) => [JobId, Application]))
    expect([owners.get(mine), owners.get(others)]).toEqual([gateway.names.demo, gateway.names.other])
    const detail = await get(`Jobs/${others}`)
    expect(detail.json()).toMatchObject({
      Status: 'Succeeded',
      Timeline: [{ Event: 'Accepted' }, { Event: 'Succeeded', StatusCode: 201 }],
    })
    expect(detail.body).not.toContain('CANARY')
  })

  test('are retried by filter after a dry run, and not if the number has moved', async () => {
    await using other = await openIngress({
      operators: [{ name: 'doer', role: 'operator', tokenHash: hashOf('doer-token') }],
    })
    const act = async (payload: object, name = 'Retry') =>
      other.app.inject({ method: 'POST', url: `/api/v1/operator/Jobs/${name}`, payload, headers: as('doer') })
    const jobs = await Promise.all([other.accept(), other.accept(), other.accept()])
    for (const id of jobs.slice(0, 2)) await other.finish(id, failed)
    const Filter = { Status: 'Failed', EmrInstance: other.emrInstance }
    const { Count, Expect } = (await act({ Filter, DryRun: true })).json<{ Count: number; Expect: string }>()
    expect(Count).toBe(2)
    expect((await act({ Filter, Reason: 'r' })).statusCode).toBe(409)
    expect((await act({ Filter: { ...Filter, StatusCode: 400 }, Expect, Reason: 'r' })).statusCode).toBe(409)
    await other.finish(jobs[2] ?? '', failed)
    expect((await act({ Filter, Expect, Reason: 'r' })).json()).toMatchObject({
      type: expect.stringContaining('count-moved'),
    })
    const again = (await act({ Filter, DryRun: true })).json<{ Expect: string }>()
    expect((await act({ Filter, Expect: again.Expect, Reason: 'EMR is back' })).json()).toEqual({
      Count: 3,
      Done: 3,
      Skipped: 0,
    })
    const queued = { Status: 'Queued', EmrInstance: other.emrInstance }
    const dry = (await act({ Filter: queued, DryRun: true }, 'Cancel')).json<{ Expect: string; Count: number }>()
    expect(dry.Count).toBe(3)
    expect((await act({ Filter: queued, Expect: dry.Expect, Reason: 'no' }, 'Cancel')).json()).toMatchObject({
      Done: 3,
    })
  })

  test('in doubt are resolved as created, failed, or sent again without asking', async () => {
    const resolve = (id: string, body: object) => post(`Jobs/${id}/Resolve`, { Reason: 'looked it up', ...body })
    const [there, absent, send, well] = await Promise.all(Array.from({ length: 4 }, () => gateway.accept()))
    for (const id of [there, absent, send]) await gateway.finish(id ?? '', unknown)
    expect((await row())['InDoubt']).toBe(3)
    expect((await resolve(well ?? '', { As: 'NotCreated', Then: 'Fail' })).statusCode).toBe(409)
    for (const body of [{ As: 'Created' }, { As: 'NotCreated' }, { As: 'Created', EncounterId: '1', Then: 'Send' }])
      expect((await resolve(there ?? '', body)).statusCode).toBe(400)
    const created = await resolve(there ?? '', { As: 'Created', EncounterId: 'CANARY-2' })
    expect(created.json()).toMatchObject({ Status: 'Succeeded', StatusCode: 201 })
    expect(created.body).not.toContain('CANARY')
    expect((await gateway.get(`/api/v1/Jobs/${there}`)).json()).toMatchObject({
      Status: 'Succeeded',
      EncounterId: 'CANARY-2',
    })
    expect((await resolve(there ?? '', { As: 'NotCreated', Then: 'Send' })).statusCode).toBe(409)
    expect((await resolve(absent ?? '', { As: 'NotCreated', Then: 'Fail' })).json()).toMatchObject({ Status: 'Failed' })
    expect((await resolve(send ?? '', { As: 'NotCreated', Then: 'Send' })).json()).toMatchObject({ Status: 'Queued' })
    expect(await gateway.connection.records.jobs.begin(send ?? '')).toMatchObject({ kind: 'go', doubt: false })
    expect((await row())['InDoubt']).toBe(0)
  })
})

test('each act is in the audit log, with who, why and what it changed, and in the log', async () => {
  await post(`${base}/Pause`, { Reason: 'for the record' })
  await post(`${base}/Resume`, { Reason: 'recorded' })
  const { Entries } = (await get('Audit?Actor=doer', 'checker')).json<{ Entries: Record<string, string>[] }>()
  const mine = Entries.filter((entry) => entry['EmrInstance'] === gateway.emrInstance)
  expect(mine[1]).toMatchObject({
    Action: 'Pause',
    Role: 'operator',
    From: '127.0.0.1',
    Reason: 'for the record',
    Before: 'as configured',
    After: 'paused',
  })
  expect(mine[0]).toMatchObject({ Action: 'Resume', Before: 'paused', After: 'as configured' })
  const line = gateway.logLines.find(
    (each) => each.includes('operator.acted') && each.includes(mine[1]?.['Hash'] ?? '-'),
  )
  expect(line).toContain('doer')
  const page = await get('Audit?Limit=1', 'checker')
  const { Cursor } = page.json<{ Cursor: string }>()
  expect((await get(`Audit?Limit=1&Cursor=${Cursor}`, 'checker')).json<{ Entries: object[] }>().Entries).toHaveLength(1)
})

test('processes, Redis and applications are shown', async () => {
  expect((await get('Redis')).json()).toMatchObject({ Ready: true })
  expect((await get('Workers')).json()).toMatchObject({ Processes: expect.any(Array) })
  const { Applications } = (await get('Applications')).json<{ Applications: { Name: string }[] }>()
  expect(Applications.map(({ Name }) => Name)).toEqual(expect.arrayContaining(Object.values(gateway.names)))
})

test('without operators there is no operator API', async () => {
  await using other = await openIngress()
  for (const url of ['/api/v1/operator/Connections', '/admin', '/admin/jobs', '/admin/queues', '/admin/login'])
    expect({ url, code: (await other.app.inject({ url, headers: as('doer') })).statusCode }).toEqual({ url, code: 404 })
})
