import { operators } from '@encounter-gateway/api/operators/operators.ts'
import { board } from '@encounter-gateway/api/operators/board.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { queueNameOf } from '@encounter-gateway/shared/records/keys.ts'
import { CREATE_ENCOUNTER, openEncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { Queue } from 'bullmq'
import Fastify, { type FastifyInstance } from 'fastify'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CANARY, fillCarelessly, type CarelessJobs } from '../fixtures/careless-queue.ts'
import { keys, ops, sessionCookie } from '../fixtures/operator-app.ts'
import { sharedRedisUrl } from '../fixtures/redis-server.ts'

const redis = connectRedis(sharedRedisUrl(), 'producer')
const blocking = connectRedis(sharedRedisUrl(), 'consumer')
const connection = { emrSystem: 'Cerner', emrInstance: `board-${randomBytes(4).toString('hex')}` }
const API = '/admin/queues/api'
const inQueue = `${API}/queues/${encodeURIComponent(queueNameOf(connection))}`

let queue: Queue
let webhooks: Queue
let jobs: CarelessJobs
let app: FastifyInstance
let cookie: string
const routes: { method: string; url: string }[] = []

beforeAll(async () => {
  await Promise.all([untilReady(redis), untilReady(blocking)])
  queue = openEncounterQueue(redis, connection)
  webhooks = new Queue(`{webhooks-${connection.emrInstance}}`, { connection: redis, prefix: 'eg' })
  jobs = await fillCarelessly(queue, { redis, blocking, connection })
  app = Fastify()
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, url })
  })
  await app.register(operators, { operators: [ops], sealingKeys: keys, redis })
  await app.register(board, { queues: new Map([[nameOf(connection), queue]]), webhooks })
  cookie = await sessionCookie(app)
})

afterAll(async () => {
  await app.close()
  await queue.obliterate({ force: true })
  await webhooks.obliterate({ force: true })
  redis.disconnect()
  blocking.disconnect()
})

const get = (path: string) => app.inject({ url: path, headers: { cookie } })
type Shown = {
  id: string
  name: string
  data: unknown
  failedReason?: string
  stacktrace: unknown
  returnValue: unknown
  opts: unknown
  progress: unknown
}
const jobOf = async (id: string) => (await get(`${inQueue}/${id}`)).json<{ job: Shown; status: string }>()

describe('what the board tells', () => {
  it('is one line for each connection and one for the webhooks, by name', async () => {
    const { queues } = (await get(`${API}/queues`)).json<{
      queues: { displayName: string; readOnlyMode: boolean; counts: object }[]
    }>()
    expect(queues.map(({ displayName }) => displayName)).toEqual([nameOf(connection), 'Webhooks'])
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true)
    expect(queues[0]?.counts).toMatchObject({ completed: 1, failed: 3, delayed: 1 })
  })

  it('is the routing of a job', async () => {
    expect(await jobOf(jobs.good)).toMatchObject({
      status: 'completed',
      job: { id: jobs.good, name: CREATE_ENCOUNTER, data: { application: 'demo', BatchId: 'b1', ItemIndex: 3 } },
    })
  })

  it('is a failure in our own words, and no other', async () => {
    expect((await jobOf(jobs.failed)).job.failedReason).toBe('502 emr-unavailable')
    expect((await jobOf(jobs.chatty)).job.failedReason).toBe('(withheld)')
    expect((await jobOf(jobs.careless)).job).toMatchObject({
      name: '(withheld)',
      data: { application: '(withheld)', BatchId: '(withheld)' },
      failedReason: '(withheld)',
      stacktrace: [],
      returnValue: null,
      progress: 0,
      opts: {},
    })
  })

  it('is what a webhook is about', async () => {
    const about = { JobId: jobs.good, StatusCode: 201 }
    const timestamp = '2026-01-01T00:00:00.000Z'
    const body = { type: 'encounter.created', timestamp, data: { ...about, PatientName: CANARY } }
    const message = { id: `msg_${jobs.good}_1`, application: 'demo', body }
    await webhooks.add('encounter.created', { ...message, [CANARY]: CANARY }, { jobId: message.id })
    const list = await get(`${API}/queues?activeQueue=${encodeURIComponent(webhooks.name)}&jobsPerPage=10`)
    const { queues } = list.json<{ queues: { jobs: Shown[] }[] }>()
    expect(queues[1]?.jobs[0]).toMatchObject({
      name: 'encounter.created',
      data: { ...message, body: { ...body, data: about } },
    })
    expect(list.body).not.toContain(CANARY)
  })
})

it('gives nothing of a patient away on any of its addresses, whatever a worker left in the queue', async () => {
  const readable = routes.filter(({ method, url }) => method === 'GET' && url.startsWith(API)).map(({ url }) => url)
  expect(readable.length).toBeGreaterThan(10)
  const names = [queue.name, webhooks.name]
  const ids = [...Object.values(jobs), `payload:${jobs.careless}`, 'events', 'meta']
  const addresses = new Set(
    readable.flatMap((pattern) =>
      names.flatMap((name) =>
        ids.map((id) =>
          pattern.replace(':queueName', encodeURIComponent(name)).replace(':jobId', encodeURIComponent(id)),
        ),
      ),
    ),
  )
  for (const status of ['latest', 'active', 'waiting', 'delayed', 'completed', 'failed']) {
    addresses.add(`${API}/queues?activeQueue=${encodeURIComponent(queue.name)}&status=${status}&page=1&jobsPerPage=50`)
  }
  for (const name of names)
    addresses.add(`/admin/queues/queue/${encodeURIComponent(name)}/${jobs.careless}?status=failed`)
  const codes = new Set<number>()
  const leaking: string[] = []
  for (const address of addresses) {
    const reply = await get(address)
    codes.add(reply.statusCode)
    if ((reply.body + JSON.stringify(reply.headers)).includes(CANARY)) leaking.push(address)
  }
  expect(leaking).toEqual([])
  expect(codes).toContain(200)
  const unreadable = await get(`${inQueue}/${jobs.broken}`)
  expect(unreadable.statusCode).toBe(500)
  expect(unreadable.json()).toEqual({ error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } })
})

it('changes nothing: every other method on every one of its addresses is a 405', async () => {
  const before = await queue.getJobCounts()
  const writes = routes.filter(({ method, url }) => !['GET', 'HEAD'].includes(method) && url.startsWith(API))
  expect(writes.length).toBeGreaterThan(15)
  for (const { method, url } of writes) {
    const path = url
      .replace(':queueName', encodeURIComponent(queue.name))
      .replace(':jobId', jobs.failed)
      .replace(':queueStatus', 'failed')
    const reply = await app.inject({ method: method as 'PUT', url: path, headers: { cookie }, payload: {} })
    expect({ method, path, code: reply.statusCode, allow: reply.headers['allow'] }).toEqual({
      method,
      path,
      code: 405,
      allow: 'GET, HEAD',
    })
  }
  expect(await queue.getJobCounts()).toEqual(before)
  expect(await queue.isPaused()).toBe(false)
})

it('is for operators alone', async () => {
  const readable = routes.filter(({ method, url }) => method === 'GET' && url.startsWith('/admin/queues'))
  for (const { url } of readable) {
    const reply = await app.inject({ url: url.replaceAll(/:\w+|\*/g, 'x'), headers: { accept: 'text/html' } })
    expect([`${url} 303`, `${url} 401`]).toContain(`${url} ${reply.statusCode}`)
  }
})

it('loads everything from the gateway itself, and lets the browser load nothing else', async () => {
  const page = await get('/admin/queues')
  expect(page.statusCode).toBe(200)
  expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
  expect(page.headers['x-frame-options']).toBe('DENY')
  const [, script = ''] = /<script defer src="([^"]+)"/.exec(page.body) ?? []
  expect((await get(`/admin/queues/${script}`)).headers['content-type']).toContain('javascript')
})

it('cannot be put up without the sign-in', async () => {
  const unguarded = Fastify()
  await expect(unguarded.register(board, { queues: new Map() }).ready()).rejects.toThrow('operators')
})
