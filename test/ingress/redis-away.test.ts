import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { expect, test } from 'vitest'
import { minimalRequest, openIngress } from '../fixtures/ingress.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'

const away = [503, 'urn:encounter-gateway:problem:unavailable', '2']

test('with Redis away every request is a 503 at once, and the first after its return is accepted', async () => {
  await using server = await startRedisServer()
  await using gateway = await openIngress({ redisUrl: server.url })
  const jobId = await gateway.accept({ 'Idempotency-Key': 'k' })
  await server.stop()
  const replies = await Promise.all([
    gateway.post(minimalRequest),
    gateway.post(minimalRequest, { 'Idempotency-Key': 'k', Prefer: 'wait=60' }),
    gateway.get(`/api/v1/Jobs/${jobId}`),
    gateway.get(`/api/v1/Jobs/${jobId}/Result`),
    gateway.get('/api/v1/Jobs'),
    gateway.send('DELETE', `/api/v1/Jobs/${jobId}`),
    gateway.send('POST', `/api/v1/Jobs/${jobId}/Retry`),
  ])
  for (const reply of replies) {
    expect([reply.statusCode, reply.json<Problem>().type, reply.headers['retry-after']]).toEqual(away)
  }

  await server.start()
  await untilReady(gateway.redis)
  expect(await gateway.accept({ 'Idempotency-Key': 'k' })).toBe(jobId)
  expect((await gateway.post(minimalRequest)).statusCode).toBe(202)
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 2 })
})

test('a full Redis is a 503, and nothing of the request is stored', async () => {
  await using server = await startRedisServer()
  await using gateway = await openIngress({ redisUrl: server.url })
  await gateway.accept()
  const before = await gateway.redis.dbsize()
  await gateway.redis.config('SET', 'maxmemory', '1mb')
  const reply = await gateway.post(minimalRequest)
  expect([reply.statusCode, reply.json<Problem>().type, reply.headers['retry-after']]).toEqual(away)
  expect(await gateway.redis.dbsize()).toBe(before)
  await gateway.redis.config('SET', 'maxmemory', '0')
  expect((await gateway.post(minimalRequest)).statusCode).toBe(202)
})

test('a SCRIPT FLUSH is not noticed by callers', async () => {
  await using server = await startRedisServer()
  await using gateway = await openIngress({ redisUrl: server.url })
  await gateway.accept()
  await gateway.redis.script('FLUSH')
  expect((await gateway.post(minimalRequest)).statusCode).toBe(202)
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 2 })
})
