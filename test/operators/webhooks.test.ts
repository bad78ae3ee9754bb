import { hashPassword } from '@encounter-gateway/api/operators/password.ts'
import { openWebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'

const hashOf = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}`
const as = (token: string) => ({ authorization: `Bearer ${token}-token` })
const SECRET_PATH = '/hooks/CANARY-PATH?token=CANARY-QUERY'
const RETENTION_MS = 86_400_000

let gateway: Ingress
let endpoint: string
let sick: string
let third: string

beforeAll(async () => {
  const passwordHash = await hashPassword('correct & horse', { N: 1024, r: 8, p: 1 })
  gateway = await openIngress({
    webhooks: { allowHosts: ['hooks.test'] },
    operators: [
      { name: 'seer', role: 'viewer', tokenHash: hashOf('seer-token') },
      { name: 'doer', role: 'operator', tokenHash: hashOf('doer-token'), passwordHash },
      { name: 'checker', role: 'auditor', tokenHash: hashOf('checker-token') },
      { name: 'cerner-only', role: 'operator', tokenHash: hashOf('cerner-token'), connections: ['Cerner.*'] },
    ],
  })
  endpoint = await create({ Description: 'CANARY-TEXT <script>' })
  sick = await create({})
  third = await create({})
  await publish(...Array.from({ length: 5 }, (_, at) => `msg_a_${at + 1}`))
  // five messages in a row are given up, which opens the breaker of an endpoint
  for (const id of [sick, third]) await fail(id, 'the endpoint answered 500')
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

async function create(more: object): Promise<string> {
  const body = { Url: `https://hooks.test${SECRET_PATH}`, ...more }
  const reply = await gateway.put('POST', '/api/v1/WebhookEndpoints', body)
  expect(reply.statusCode).toBe(201)
  return reply.json<{ EndpointId: string }>().EndpointId
}

function records() {
  const about = { application: gateway.names.demo, retentionMs: RETENTION_MS, configured: false }
  return openWebhookRecords(gateway.redis, about)
}

async function publish(...ids: string[]): Promise<void> {
  const connection = `Sandbox.${gateway.emrInstance}`
  const data = { EMRSystem: 'Sandbox', EmrInstance: gateway.emrInstance }
  const messages = ids.map((id) => {
    const body = { type: 'encounter.created', timestamp: new Date().toISOString(), data }
    return { id, type: 'encounter.created', connection, body: JSON.stringify(body) }
  })
  await records().feed.publish(messages)
}

async function fail(endpointId: string, failure: string): Promise<void> {
  const { lanes } = records()
  // an endpoint that has not answered well yet has few places
  for (let left = 5; left > 0;) {
    const { taken } = await lanes.take(endpointId, left, {})
    const ends = taken.map((each) => {
      return { taken: each, kind: 'failed' as const, try: { at: Date.now() - 10, ms: 10, status: 500, failure } }
    })
    await lanes.settle(endpointId, ends, RETENTION_MS)
    left -= taken.length
  }
}

const get = (url: string, who = 'seer') => gateway.app.inject({ url: `/api/v1/operator/${url}`, headers: as(who) })
const post = (url: string, payload: object, who = 'doer') =>
  gateway.app.inject({ method: 'POST', url: `/api/v1/operator/${url}`, payload, headers: as(who) })
type Row = { Application: string; EndpointId: string; State: string; Pending: number; DeadLetters: number }

test('endpoints of all applications are listed, those in trouble first, without path, header or text', async () => {
  const reply = await get('WebhookEndpoints')
  const rows = reply.json<{ WebhookEndpoints: Row[] }>().WebhookEndpoints
  expect(rows.map(({ EndpointId }) => EndpointId)).toEqual([...[sick, third].sort(), endpoint])
  expect(rows.find(({ EndpointId }) => EndpointId === sick)).toMatchObject({
    Application: gateway.names.demo,
    Origin: 'https://hooks.test',
    State: 'Failing',
    Pending: 0,
    DeadLetters: 5,
    Reason: expect.any(String),
    Since: expect.any(String),
  })
  expect(rows[2]).toMatchObject({ State: 'Enabled', Pending: 5 })
  expect(reply.body).not.toContain('CANARY')
  const page = await gateway.app.inject({ url: '/admin/webhooks', headers: as('seer') })
  expect(page.body).toContain(sick)
  expect(page.body).not.toContain('CANARY')
})

test('deliveries are shown with each try', async () => {
  const { Deliveries } = (await get(`WebhookEndpoints/${sick}/Deliveries?Status=Failed`)).json<{
    Deliveries: object[]
  }>()
  expect(Deliveries).toHaveLength(5)
  expect(Deliveries.filter((each) => 'MessageId' in each && each.MessageId === 'msg_a_1')).toMatchObject([
    { MessageId: 'msg_a_1', Status: 'Failed', Tries: [{ StatusCode: 500, Error: 'the endpoint answered 500' }] },
  ])
  const url = `/admin/webhooks/${gateway.names.demo}/${sick}?Status=Failed`
  const page = await gateway.app.inject({ url, headers: as('seer') })
  expect(page.body).toContain('the endpoint answered 500')
  expect(page.body).not.toMatch(/CANARY|name="csrf"/)
  expect((await get(`WebhookEndpoints/${sick}/Deliveries?Cursor=x`)).statusCode).toBe(400)
})

test('an operator disables, enables, recovers and resends; each act is in the audit log', async () => {
  const path = `WebhookEndpoints/${sick}`
  expect((await post(`${path}/Disable`, { Reason: 'they asked' })).json()).toMatchObject({
    State: 'Disabled',
    ByOrder: true,
    Reason: 'disabled by an operator',
  })
  const resend = { EndpointId: sick, Reason: 'they asked' }
  expect((await post('Deliveries/msg_a_1/Resend', resend)).statusCode).toBe(409)
  expect((await post(`${path}/Enable`, { Reason: 'they are back' })).json()).toMatchObject({ State: 'Enabled' })

  const Since = new Date(Date.now() - 3_600_000).toISOString()
  expect((await post(`${path}/Recover`, { Since, Reason: 'r' })).json()).toMatchObject({
    type: expect.stringContaining('count-moved'),
  })
  const dry = (await post(`${path}/Recover`, { Since, DryRun: true })).json<{ Count: number; Expect: string }>()
  expect(dry.Count).toBe(5)
  expect((await post(`${path}/Recover`, { Since, Expect: dry.Expect })).statusCode).toBe(400)
  const later = new Date(Date.now() - 1_800_000).toISOString()
  const about = { Expect: dry.Expect, Reason: 'they are back' }
  expect((await post(`${path}/Recover`, { Since: later, ...about })).statusCode).toBe(409)
  expect((await post(`${path}/Recover`, { Since, ...about })).json()).toMatchObject({ Count: 5 })
  expect((await post('Deliveries/msg_a_1/Resend', resend)).statusCode).toBe(200)
  expect((await post('Deliveries/msg_none_1/Resend', resend)).statusCode).toBe(404)

  const { Entries } = (await get('Audit?Actor=doer', 'checker')).json<{ Entries: Record<string, string>[] }>()
  const mine = Entries.filter((entry) => entry['About']?.includes(sick)).map(({ Action, Reason }) => [Action, Reason])
  expect(mine.reverse()).toEqual([
    ['Webhook/Disable', 'they asked'],
    ['Webhook/Enable', 'they are back'],
    ['Webhook/Recover', 'they are back'],
    ['Webhook/Resend', 'they asked'],
  ])
})

test('roles and scope hold', async () => {
  for (const url of [`WebhookEndpoints/${sick}/Disable`, `WebhookEndpoints/${sick}/Enable`])
    for (const who of ['seer', 'checker']) expect((await post(url, { Reason: 'r' }, who)).statusCode).toBe(403)
  expect((await get('WebhookEndpoints', 'cerner')).json()).toEqual({ WebhookEndpoints: [] })
  expect((await get(`WebhookEndpoints/${sick}`, 'cerner')).statusCode).toBe(404)
  expect((await post(`WebhookEndpoints/${sick}/Disable`, { Reason: 'r' }, 'cerner')).statusCode).toBe(404)
  // `other` may use both EMRs: an operator of one sees its endpoint, but acts on all its messages are not theirs
  const body = { Url: `https://hooks.test${SECRET_PATH}` }
  const made = await gateway.put('POST', '/api/v1/WebhookEndpoints', body, gateway.asOther)
  const { EndpointId } = made.json<{ EndpointId: string }>()
  expect((await get(`WebhookEndpoints/${EndpointId}`, 'cerner')).statusCode).toBe(200)
  const refused = await post(`WebhookEndpoints/${EndpointId}/Disable`, { Reason: 'r' }, 'cerner')
  expect(refused.statusCode).toBe(403)
})

test('a form of the page recovers in two steps, and only from its own session', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const signIn = new URLSearchParams({ name: 'doer', password: 'correct & horse' }).toString()
  const signedIn = await gateway.app.inject({ method: 'POST', url: '/admin/login', payload: signIn, headers: form })
  const cookies = [signedIn.headers['set-cookie']].flat().map((each) => each?.split(';')[0])
  const cookie = cookies.find((each) => each?.startsWith('eg_operator=')) ?? ''
  const url = `/admin/webhooks/${gateway.names.demo}/${third}`
  const page = await gateway.app.inject({ url, headers: { cookie } })
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
  const send = (fields: Record<string, string>) =>
    gateway.app.inject({
      method: 'POST',
      url,
      headers: { cookie, ...form },
      payload: new URLSearchParams(fields).toString(),
    })
  expect((await send({ act: 'Recover', hours: '1' })).statusCode).toBe(403)
  const counted = await send({ csrf, act: 'Recover', hours: '1' })
  expect(counted.body).toContain('Send 5 messages')
  const [since = '', expected = ''] = ['since', 'expect'].map(
    (name) => new RegExp(`name="${name}"\\s+value="([^"]+)"`).exec(counted.body)?.[1],
  )
  const order = { csrf, act: 'Recover', since, expect: expected }
  expect((await send(order)).statusCode).toBe(400)
  expect((await send({ ...order, reason: 'they lost them' })).statusCode).toBe(303)
})
