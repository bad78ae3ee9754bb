import type { Taken } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'

const PATH = '/api/v1/WebhookEndpoints'
const HOUR_MS = 3_600_000
type Delivery = { MessageId: string; Status: string; Tries: object[] }
type Page = { Deliveries: Delivery[]; Cursor?: string }
type Events = { Events: { MessageId: string; Cursor: string; type: string; data: object }[]; After?: string }

let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const hooks = () => gateway.app.webhooksOf({ name: gateway.names.demo } as never)
async function create(body: object = {}): Promise<string> {
  const reply = await gateway.put('POST', PATH, { Url: 'https://hooks.example.org/', ...body })
  return reply.json<{ EndpointId: string }>().EndpointId
}
let count = 0
/** Publishes messages about jobs, as a worker does; returns their ids. */
async function publish(many = 1, type = 'encounter.created'): Promise<string[]> {
  const ids = Array.from({ length: many }, () => `msg_job${++count}_1`)
  const messages = ids.map((id) => {
    const data = { JobId: id.split('_')[1], EMRSystem: 'Sandbox', EmrInstance: gateway.emrInstance, StatusCode: 201 }
    const body = JSON.stringify({ type, timestamp: '2026-11-23T12:00:00.007Z', data })
    return { id, type, connection: `Sandbox.${gateway.emrInstance}`, body }
  })
  await hooks().feed.publish(messages)
  return ids
}
/** Takes what waits for an endpoint, as a worker does, and settles it. */
async function deliver(endpointId: string, kind: 'delivered' | 'failed'): Promise<Taken[]> {
  const { taken } = await hooks().lanes.take(endpointId, 10, {})
  const made = kind === 'delivered' ? { status: 204 } : { status: 500, failure: 'endpoint answered 500' }
  await hooks().lanes.settle(
    endpointId,
    taken.map((each) => ({ taken: each, kind, try: { at: Date.now(), ms: 12.5, ...made } })),
    120 * HOUR_MS,
  )
  return taken
}
const list = async (id: string, query = '') => (await gateway.get(`${PATH}/${id}/Deliveries${query}`)).json<Page>()
const statusOf = async (reply: Promise<{ statusCode: number }>) => (await reply).statusCode

test('each delivery is listed with its tries, and sent again when asked', async () => {
  const id = await create()
  const [message = ''] = await publish()
  expect((await list(id)).Deliveries).toMatchObject([{ MessageId: message, Status: 'Waiting', Tries: [] }])
  await deliver(id, 'failed')
  const path = `${PATH}/${id}/Deliveries/${message}`
  expect((await gateway.get(path)).json()).toEqual({
    MessageId: message,
    Type: 'encounter.created',
    Status: 'Failed',
    CreatedAt: expect.stringMatching(/^20/),
    JobId: message.split('_')[1],
    EMRSystem: 'Sandbox',
    EmrInstance: gateway.emrInstance,
    Tries: [{ At: expect.stringMatching(/^20/), DurationMs: 13, StatusCode: 500, Error: 'endpoint answered 500' }],
  })
  expect((await list(id, '?Status=Failed')).Deliveries).toHaveLength(1)
  expect((await list(id, '?Status=Delivered')).Deliveries).toEqual([])
  const again = await gateway.send('POST', `${path}/Resend`)
  expect([again.statusCode, again.json(), again.headers['location']]).toEqual([202, { MessageId: message }, path])
  expect((await deliver(id, 'delivered')).map((taken) => taken.id)).toEqual([message])
  expect((await gateway.get(path)).json()).toMatchObject({ Status: 'Delivered', Tries: [{}, { StatusCode: 204 }] })
  expect(await statusOf(gateway.get(`${PATH}/${id}/Deliveries/msg_none_1`))).toBe(404)
  expect(await statusOf(gateway.send('POST', `${PATH}/${id}/Deliveries/msg_none_1/Resend`))).toBe(404)
})

test('deliveries have pages', async () => {
  const id = await create()
  const ids = await publish(5)
  const first = await list(id, '?Limit=3')
  const rest = await list(id, `?Limit=3&Cursor=${first.Cursor}`)
  const seen = [...first.Deliveries, ...rest.Deliveries].map(({ MessageId }) => MessageId)
  expect([first.Deliveries.length, new Set(seen)]).toEqual([3, new Set(ids)])
  for (const query of ['?Cursor=nonsense', '?Status=Lost', '?Since=yesterday', '?Limit=0'])
    expect(await statusOf(gateway.get(`${PATH}/${id}/Deliveries${query}`))).toBe(400)
})

test('a test message goes to its endpoint alone, whatever types that wants, and is in no feed', async () => {
  const [id, other] = [await create({ EventTypes: ['batch.finished'] }), await create()]
  const reply = await gateway.send('POST', `${PATH}/${id}/Test`)
  const { MessageId } = reply.json<{ MessageId: string }>()
  expect(reply.statusCode).toBe(202)
  const { taken } = await hooks().lanes.take(id, 10, { types: ['batch.finished'] })
  expect(taken.map((each) => each.id)).toEqual([MessageId])
  expect(JSON.parse(taken[0]?.body ?? '')).toMatchObject({ type: 'webhook.test', data: { EndpointId: id } })
  expect((await hooks().lanes.take(other, 10, {})).taken).toEqual([])
  expect((await gateway.get('/api/v1/Events?Limit=1000')).body).not.toContain(MessageId)
})

test('what an endpoint has not received is counted, then sent, also from before it was created', async () => {
  const since = new Date().toISOString()
  const before = await publish(3)
  const id = await create()
  await publish(2, 'encounter.failed')
  await deliver(id, 'delivered')
  const recover = (body: object) => gateway.put('POST', `${PATH}/${id}/Recover`, body)
  const counted = await recover({ Since: since, DryRun: true })
  expect(counted.json()).toEqual({ Count: 3, KeptSince: expect.stringMatching(/^20/) })
  expect((await deliver(id, 'delivered')).length).toBe(0)
  expect((await recover({ Since: since })).json()).toMatchObject({ Count: 3 })
  expect((await deliver(id, 'delivered')).map((taken) => taken.id).sort()).toEqual(before.sort())
  expect((await recover({ Since: since, DryRun: true })).json()).toMatchObject({ Count: 0 })
  expect(await statusOf(recover({}))).toBe(400)
  expect(await statusOf(recover({ Since: 'yesterday' }))).toBe(400)
})

test('a disabled endpoint is neither tested nor sent anything again', async () => {
  const id = await create()
  const [message = ''] = await publish()
  await deliver(id, 'delivered')
  await gateway.put('PATCH', `${PATH}/${id}`, { Enabled: false })
  expect(await statusOf(gateway.send('POST', `${PATH}/${id}/Test`))).toBe(409)
  expect(await statusOf(gateway.send('POST', `${PATH}/${id}/Deliveries/${message}/Resend`))).toBe(409)
  const since = new Date(0).toISOString()
  expect(await statusOf(gateway.put('POST', `${PATH}/${id}/Recover`, { Since: since }))).toBe(409)
  expect(await statusOf(gateway.put('POST', `${PATH}/${id}/Recover`, { Since: since, DryRun: true }))).toBe(200)
})

test("another application's endpoint has no deliveries", async () => {
  const id = await create()
  const [message = ''] = await publish()
  for (const [method, path] of [
    ['GET', 'Deliveries'],
    ['GET', `Deliveries/${message}`],
    ['POST', `Deliveries/${message}/Resend`],
    ['POST', 'Test'],
  ] as const) {
    const url = `${PATH}/${id}/${path}`
    expect(await statusOf(gateway.app.inject({ method, url, headers: gateway.asOther }))).toBe(404)
  }
  const feed = await gateway.app.inject({ url: '/api/v1/Events', headers: gateway.asOther })
  expect(feed.json()).toEqual({ Events: [] })
})

test('the feed is read on from where it was left, and waits for what comes', async () => {
  await publish(2)
  const end = (await gateway.get('/api/v1/Events?Limit=1000')).json<Events>().After
  const after = async (place: string | undefined, prefer = 'respond-async') =>
    (await gateway.get(`/api/v1/Events?After=${place}`, { Prefer: prefer })).json<Events>()
  expect(await after(end)).toEqual({ Events: [], After: end })
  const waiting = after(end, 'wait=20')
  const [one = '', two = ''] = await publish(2)
  const { Events, After } = await waiting
  const all = [...Events, ...(await after(After)).Events]
  expect(all.map(({ MessageId }) => MessageId)).toEqual([one, two])
  expect(all[0]).toMatchObject({
    type: 'encounter.created',
    data: { JobId: one.split('_')[1] },
    Cursor: expect.any(String),
  })
  expect((await after(all[0]?.Cursor)).Events.map(({ MessageId }) => MessageId)).toEqual([two])
  expect(await statusOf(gateway.get('/api/v1/Events?After=nonsense'))).toBe(400)
})
