import { expect, test } from 'vitest'
import { openIngress } from '../fixtures/ingress.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'

const FILLER_BYTES = 8 * 1024 * 1024

test('Redis more than nine tenths full: 503 that says when to come back and nothing stored, until there is room', async () => {
  await using server = await startRedisServer()
  await using gateway = await openIngress({ redisUrl: server.url })
  const { redis, headers } = gateway
  // so much that what a test does cannot be noticed beside it
  await redis.setrange('filler', FILLER_BYTES, 'x')
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
  const fillTo = (share: number) => redis.config('SET', 'maxmemory', String(Math.round(used / share)))
  const post = () => gateway.post({ UserId: 'u', PatientId: 'p', Encounter: {} })
  const upload = () =>
    gateway.app.inject({
      method: 'POST',
      url: '/api/v1/Sandbox/PatientEncounters/Batch',
      headers: { ...headers, 'Content-Type': 'application/x-ndjson' },
      payload: '{"UserId":"u","PatientId":"p","Encounter":{}}\n',
    })

  await fillTo(0.92)
  for (const send of [post, upload]) {
    const reply = await send()
    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('30')
    expect(reply.json()).toMatchObject({ detail: expect.stringContaining('nearly full') as string })
  }
  expect(await redis.exists(gateway.keys.pending)).toBe(0)

  await fillTo(0.88)
  // the figures are looked at once a second
  await expect.poll(async () => (await post()).statusCode, { timeout: 10_000 }).toBe(202)
  expect((await upload()).statusCode).toBe(202)
}, 60_000)
