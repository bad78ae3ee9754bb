import { metrics } from '@encounter-gateway/api/operations/metrics.ts'
import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { CREATE_ENCOUNTER, type EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import { recordKeys } from '@encounter-gateway/shared/records/keys.ts'
import { connectRedis, untilReady, type RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { sealingKey, type SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import Fastify from 'fastify'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sharedRedisUrl } from '../fixtures/redis-server.ts'

const redis = connectRedis(sharedRedisUrl(), 'producer')
const emrInstance = `metrics-${randomBytes(4).toString('hex')}`
const names = [
  { emrSystem: 'Cerner', emrInstance },
  { emrSystem: 'Epic', emrInstance },
] as const
const [cerner, epic] = [`Cerner.${emrInstance}`, `Epic.${emrInstance}`]
const apps: { close(): Promise<unknown> }[] = []

const sealingKeys: SealingKeys = [sealingKey('k1', randomBytes(32))]
const retention = { resultHours: 1, failedPayloadHours: 1 }
const open = (client: RedisClient) =>
  names.map((name) => {
    const settings = { ...name, deadlineHours: 1, maxAttempts: 5, timeoutMs: 10_000, concurrency: 5 }
    const about = { connection: settings, sealingKeys, retention, applications: [] }
    return { settings, records: openConnectionRecords(client, about) }
  })
let queues: EncounterQueue[]
beforeAll(async () => {
  await untilReady(redis)
  queues = open(redis).map(({ records }) => records.queue)
})
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()))
})
afterAll(async () => {
  await Promise.all(queues.map((queue) => queue.obliterate({ force: true })))
  await redis.del(
    names.flatMap((name) => [
      recordKeys(name).breaker,
      recordKeys(name).pending,
      recordKeys(name).outbox,
      recordKeys(name).oldOutbox,
    ]),
  )
  redis.disconnect()
})

async function buildApp(client = redis) {
  const app = Fastify()
  apps.push(app)
  await app.register(metrics, { connections: open(client) })
  app.get('/things/:id', (_request, reply) => reply.code(404).send())
  app.get('/faults', () => {
    throw new Error('a fault')
  })
  return { app, scrape: async () => (await app.inject('/metrics')).body }
}

test('reports for each connection what waits, which deliveries failed, and whether its breaker is open', async () => {
  await queues[0]?.add(CREATE_ENCOUNTER, { application: 'demo' }, { jobId: 'a1' })
  await queues[0]?.add(CREATE_ENCOUNTER, { application: 'demo' }, { jobId: 'a2' })
  await queues[0]?.add(CREATE_ENCOUNTER, { application: 'demo' }, { jobId: 'a3', delay: 60_000 })
  const keys = names.map(recordKeys)
  await redis.zadd(keys[0]!.pending, 1, 'a1', 1, 'a2', 1, 'a3')
  await redis.xadd(keys[1]!.outbox, '*', 'event', '{}')
  await redis.zadd(keys[1]!.oldOutbox, 1, '{}')
  await redis.hset(keys[0]!.breaker, { openUntil: Date.now() + 600_000, reason: 'open' })
  await redis.hset(keys[1]!.breaker, { openUntil: Date.now() - 1, reason: 'was open' })

  const { scrape } = await buildApp()
  const text = await scrape()
  expect(text).toContain(`gateway_jobs{connection="${cerner}",state="waiting"} 2\n`)
  expect(text).toContain(`gateway_jobs{connection="${cerner}",state="delayed"} 1\n`)
  expect(text).toContain(`gateway_jobs{connection="${epic}",state="waiting"} 0\n`)
  expect(text).toContain(`gateway_pending_jobs{connection="${cerner}"} 3\n`)
  expect(text).toContain(`gateway_outbox_events{connection="${epic}"} 2\n`)
  expect(text).toContain(`gateway_breaker_open{connection="${cerner}"} 1\n`)
  expect(text).toContain(`gateway_breaker_open{connection="${epic}"} 0\n`)
  expect(text).toContain('gateway_redis_reachable 1\n')
  expect(text).toContain('process_resident_memory_bytes')
})

test('counts accepted requests, by connection, from zero', async () => {
  const { app, scrape } = await buildApp()
  app.countAccepted({ emrSystem: 'Cerner', emrInstance })
  app.countAccepted({ emrSystem: 'Cerner', emrInstance })
  const text = await scrape()
  expect(text).toContain(`gateway_accepted_total{connection="${cerner}"} 2\n`)
  expect(text).toContain(`gateway_accepted_total{connection="${epic}"} 0\n`)
})

test('times requests by route pattern and never by URL', async () => {
  const { app, scrape } = await buildApp()
  await app.inject('/things/CANARY-4711?mrn=CANARY')
  await app.inject('/CANARY-path')
  await app.inject('/faults')
  const text = await scrape()
  expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/things/:id",status="404"} 1\n')
  expect(text).toContain('http_request_duration_seconds_count{method="GET",route="(none)",status="404"} 1\n')
  expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/faults",status="500"} 1\n')
  expect(text).not.toContain('CANARY')
})

test('still reports on the process, and leaves out what it cannot know, while Redis is out of reach', async () => {
  const away = connectRedis('redis://127.0.0.1:1', 'producer')
  away.on('error', () => undefined)
  const { scrape } = await buildApp(away)
  const text = await scrape()
  away.disconnect()
  expect(text).toContain('gateway_redis_reachable 0\n')
  expect(text).toContain('process_resident_memory_bytes')
  expect(text).not.toContain('gateway_jobs{')
  expect(text).not.toContain('gateway_breaker_open{')
})

test('two apps in one process count apart', async () => {
  const [one, other] = [await buildApp(), await buildApp()]
  one.app.countAccepted({ emrSystem: 'Epic', emrInstance })
  expect(await one.scrape()).toContain(`gateway_accepted_total{connection="${epic}"} 1\n`)
  expect(await other.scrape()).toContain(`gateway_accepted_total{connection="${epic}"} 0\n`)
})
