import { openRequestBudget } from '@encounter-gateway/api/admission/request-budget.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { minimalRequest, openIngress } from '../fixtures/ingress.ts'
import { connectBoth, sharedRedisUrl } from '../fixtures/redis-server.ts'

const NOON = Date.UTC(2025, 11, 12, 12)
const newName = () => `test-${randomBytes(8).toString('hex')}`

test('two processes together admit exactly the limit, whichever asks first', async () => {
  using clients = await connectBoth(sharedRedisUrl())
  const about = { name: newName(), requestsPerMinute: 7 }
  const one = openRequestBudget(clients.redis, about, () => NOON + 15_000)
  const another = openRequestBudget(clients.redis, about, () => NOON + 15_000)
  const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? one : another)()))
  expect(asked.filter(({ admitted }) => admitted)).toHaveLength(7)
  expect(await one()).toEqual({ admitted: false, remaining: 0, resetSeconds: 45 })
})

test('a large budget is claimed a hundredth at a time, and no more than all of it', async () => {
  using clients = await connectBoth(sharedRedisUrl())
  const about = { name: newName(), requestsPerMinute: 250 }
  const admit = openRequestBudget(clients.redis, about, () => NOON)
  const first = await admit()
  expect(first).toEqual({ admitted: true, remaining: 249, resetSeconds: 60 })
  expect(await clients.redis.get(`eg:{requests:${about.name}}:${NOON / 60_000}`)).toBe('2')
  const asked = await Promise.all(Array.from({ length: 300 }, admit))
  expect(asked.filter(({ admitted }) => admitted)).toHaveLength(249)
})

test('the next minute starts with a full budget', async () => {
  using clients = await connectBoth(sharedRedisUrl())
  let now = NOON
  const admit = openRequestBudget(clients.redis, { name: newName(), requestsPerMinute: 1 }, () => now)
  expect([(await admit()).admitted, (await admit()).admitted]).toEqual([true, false])
  now += 60_000
  expect((await admit()).admitted).toBe(true)
})

test('a request over the limit is a 429 with Retry-After, and is not accepted', async () => {
  await using gateway = await openIngress({ application: { requestsPerMinute: 2 } })
  // six, since a minute may end in between
  const replies = await Promise.all(Array.from({ length: 6 }, () => gateway.post(minimalRequest)))
  const refused = replies.find(({ statusCode }) => statusCode === 429)
  const accepted = replies.filter(({ statusCode }) => statusCode === 202)
  expect(refused?.json<Problem>()).toMatchObject({
    status: 429,
    type: 'urn:encounter-gateway:problem:too-many-requests',
  })
  expect(refused?.headers).toMatchObject({
    'ratelimit-policy': '"default";q=2;w=60',
    ratelimit: expect.stringMatching(/^"default";r=0;t=\d+$/),
  })
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0)
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: accepted.length })
  expect((await gateway.get('/api/v1/Jobs', gateway.asOther)).statusCode).toBe(200)
})
