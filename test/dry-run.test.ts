import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { sealingKey, type SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { EncounterOrder, Rendered } from '@encounter-gateway/worker/emr/emr.ts'
import { refused } from '@encounter-gateway/worker/emr/emr-error.ts'
import { startPreviews } from '@encounter-gateway/worker/previews.ts'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from './fixtures/ingress.ts'
import { connectBoth, startRedisServer } from './fixtures/redis-server.ts'

type Render = (order: Pick<EncounterOrder, 'correlationKey' | 'encounter'>) => Rendered

const shown: Rendered = {
  messages: [{ To: 'POST encounters', ContentType: 'text/plain', Body: 'x' }],
  notCarried: ['/UserId'],
}
let server: Awaited<ReturnType<typeof startRedisServer>>
let ingress: Ingress
let clients: Awaited<ReturnType<typeof connectBoth>>
let render: Render = () => shown

beforeAll(async () => {
  // of its own: the test counts keys, and hears every message on its channels
  server = await startRedisServer()
  ingress = await openIngress({ redisUrl: server.url })
  clients = await connectBoth(server.url)
})
afterAll(async () => {
  clients?.[Symbol.dispose]()
  await ingress?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** Answers as a worker does while `action` runs. */
async function withWorker<Value>(action: () => Promise<Value>): Promise<Value> {
  const keys = ingress.sealingKeys.map(({ id, key }) => sealingKey(id, Buffer.from(key, 'base64'))) as SealingKeys
  const emr = { render: (order: Parameters<Render>[0]) => render(order) }
  const emrs = [{ connection: ingress.connection.settings, emr }]
  const stop = await startPreviews({ ...clients, sealingKeys: keys, emrs, log: pino({ level: 'silent' }) })
  return action().finally(stop)
}

const ask = (
  body: unknown = minimalRequest,
  more: Record<string, string | undefined> = {},
  query = 'DryRun=true',
  emr = 'Sandbox',
) =>
  ingress.app.inject({
    method: 'POST',
    url: `/api/v1/${emr}/PatientEncounters?${query}`,
    payload: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...ingress.headers, ...more } as Record<string, string>,
  })

test('replies with what the connector renders, and stores nothing', async () => {
  const orders: unknown[] = []
  render = (order) => {
    orders.push(order)
    return shown
  }
  const before = (await ingress.redis.keys('*')).toSorted()
  const body = { ...minimalRequest, Password: 'swordfish', RequestVerboseLogging: true }
  const reply = await withWorker(() => ask(body, { 'Idempotency-Key': 'k', Prefer: 'wait=5' }))
  expect([reply.statusCode, reply.json()]).toEqual([
    200,
    {
      EMRSystem: 'Sandbox',
      EmrInstance: ingress.emrInstance,
      Messages: shown.messages,
      NotCarried: shown.notCarried,
    },
  ])
  expect(orders).toEqual([{ correlationKey: '0'.repeat(20), encounter: minimalRequest }])
  const after = (await ingress.redis.keys('*')).filter((key) => !key.includes('requests:'))
  expect(after.toSorted()).toEqual(before.filter((key) => !key.includes('requests:')))
})

test('neither the encounter nor the answer is in clear on the channels, nor in the log', async () => {
  const heard: string[] = []
  using spies = await connectBoth(server.url)
  const spy = spies.subscriber
  await spy.psubscribe('*')
  spy.on('pmessage', (_pattern: string, _channel: string, text: string) => heard.push(text))
  render = ({ encounter }) => ({ messages: [{ To: 'a', ContentType: 'b', Body: encounter.PatientId }], notCarried: [] })
  const reply = await withWorker(() => ask({ ...minimalRequest, PatientId: 'Jane Doe' }))
  expect(reply.json()).toMatchObject({ Messages: [{ Body: 'Jane Doe' }] })
  await expect.poll(() => heard.length).toBe(2)
  expect([...heard, ...ingress.logLines].join()).not.toContain('Jane Doe')
  expect([...heard, ...ingress.logLines].join()).not.toContain('swordfish')
})

test('what the connection would refuse is a 400 at its fields', async () => {
  render = () => {
    throw refused(400, { because: 'it does not fit', pointers: ['/Encounter/FormType'] })
  }
  const reply = await withWorker(() => ask())
  expect(reply.statusCode).toBe(400)
  expect(reply.json()).toMatchObject({ Errors: [{ Pointer: '/Encounter/FormType', Message: 'it does not fit' }] })
})

test('mistakes of the request are those of a real one', async () => {
  const reply = await ask({ ...minimalRequest, Encounter: { EncounterDateTime: 'soon' }, UserId: '' }, { LoginId: '' })
  const real = await ingress.post(
    { ...minimalRequest, Encounter: { EncounterDateTime: 'soon' }, UserId: '' },
    { LoginId: '' },
  )
  expect(reply.json<Problem>().Errors?.length).toBeGreaterThan(0)
  expect(reply.json<Problem>().Errors).toEqual(real.json<Problem>().Errors)
})

test.each(['Cerner', 'Epik', 'Epic'])('an EMR that is not for the application (%s) is a 404', async (emr) => {
  expect((await ask(minimalRequest, {}, 'DryRun=true', emr)).statusCode).toBe(404)
})

test.each(['DryRun=yes', 'dryrun=true', 'DryRun=true&Dry=1'])('%s creates nothing and is a 400', async (query) => {
  const reply = await ask(minimalRequest, {}, query)
  expect(reply.statusCode).toBe(400)
  expect((await ingress.get('/api/v1/Jobs')).json<{ Jobs: unknown[] }>().Jobs).toEqual([])
})

test('DryRun=false is a real request', async () => {
  expect((await ask(minimalRequest, {}, 'DryRun=false')).statusCode).toBe(202)
})

test('without a worker it is a 503 that says when to try again', async () => {
  const reply = await ask()
  expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '5'])
})
