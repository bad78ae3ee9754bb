import { health } from '@encounter-gateway/api/operations/health.ts'
import { connectRedis, untilReady, type RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Readiness } from '@encounter-gateway/shared/contract/readiness.ts'
import Fastify from 'fastify'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { sharedRedisUrl, startRedisServer } from '../fixtures/redis-server.ts'

const REDIS_URL = sharedRedisUrl()
let cleanUp = new AsyncDisposableStack()
afterEach(async () => {
  await cleanUp.disposeAsync()
  cleanUp = new AsyncDisposableStack()
})

async function redisAt(url: string, role: 'producer' | 'consumer' = 'producer'): Promise<RedisClient> {
  const redis = connectRedis(url, role)
  redis.on('error', () => undefined)
  cleanUp.defer(() => redis.disconnect())
  await untilReady(redis)
  return redis
}

async function probe(redis: RedisClient, path = '/readyz') {
  const app = Fastify()
  cleanUp.defer(() => app.close())
  await app.register(health, { redis })
  const reply = await app.inject(path)
  return { status: reply.statusCode, body: reply.json<Readiness>() }
}

test('is ready, and reports how durable this Redis is', async () => {
  const redis = await redisAt(REDIS_URL)
  const [, appendFsync] = await redis.config('GET', 'appendfsync')
  const { status, body } = await probe(redis)
  expect(status).toBe(200)
  expect(body.Ready).toBe(true)
  expect(body.Checks.RedisWrite.Status).toBe('ok')
  expect(body.Checks.RedisMemory).toMatchObject({ Status: 'ok', UsedBytes: expect.any(Number) })
  expect(body.Checks.RedisDurability).toMatchObject({ AppendFsync: appendFsync, MaxMemoryPolicy: expect.any(String) })
  expect(body.Checks.RedisDurability.Level).not.toBe('unknown')
})

/** Unlike `events.once` it ignores the errors of a connection that is tried again. */
function heard(redis: RedisClient, event: 'close' | 'ready'): Promise<void> {
  return new Promise((resolve) => redis.once(event, () => resolve()))
}

test('is alive but not ready while Redis is away, and ready again when it is back', async () => {
  await using server = await startRedisServer()
  const redis = await redisAt(server.url, 'consumer')
  const lost = heard(redis, 'close')
  await server.stop()
  await lost
  const { status, body } = await probe(redis)
  expect(status).toBe(503)
  expect(body).toMatchObject({
    Ready: false,
    Checks: { RedisWrite: { Status: 'failed' }, RedisDurability: { Level: 'unknown' } },
  })
  expect(await probe(redis, '/livez')).toEqual({ status: 200, body: { Alive: true } })

  const back = heard(redis, 'ready')
  await server.start()
  await back
  expect((await probe(redis)).status).toBe(200)
})

test('is not ready with less than five per cent of the memory left', async () => {
  await using server = await startRedisServer()
  const redis = await redisAt(server.url)
  const used = (await probe(redis)).body.Checks.RedisMemory.UsedBytes ?? 0
  await redis.config('SET', 'maxmemory', Math.round(used * 4))
  expect((await probe(redis)).body).toMatchObject({
    Ready: true,
    Checks: { RedisMemory: { MaxBytes: Math.round(used * 4) } },
  })
  await redis.config('SET', 'maxmemory', Math.round(used * 0.9))
  const { status, body } = await probe(redis)
  expect(status).toBe(503)
  expect(body.Checks).toMatchObject({ RedisMemory: { Status: 'failed' }, RedisWrite: { Status: 'failed' } })
})

test('reports how durable Redis is as configured, and stays ready', async () => {
  await using server = await startRedisServer()
  const redis = await redisAt(server.url)
  const level = async (...setting: [string, string]) => {
    await redis.config('SET', ...setting)
    const { status, body } = await probe(redis)
    return `${status} ${body.Checks.RedisDurability.Level}`
  }
  expect(await level('appendfsync', 'always')).toBe('200 durable')
  expect(await level('appendfsync', 'everysec')).toBe('200 up to one second may be lost')
  expect(await level('appendonly', 'no')).toBe('200 not durable')
})

test('is not ready if Redis answers but accepts no writes', async () => {
  const admin = await redisAt(REDIS_URL)
  const [name, password] = [`reader-${randomBytes(4).toString('hex')}`, randomBytes(8).toString('hex')]
  await admin.call('ACL', 'SETUSER', name, 'on', `>${password}`, '~*', '+@all', '-set')
  cleanUp.defer(async () => void (await admin.call('ACL', 'DELUSER', name)))
  const url = new URL(REDIS_URL)
  url.username = name
  url.password = password
  const { status, body } = await probe(await redisAt(url.href))
  expect(status).toBe(503)
  expect(body.Checks.RedisWrite.Status).toBe('failed')
  expect(body.Checks.RedisMemory.Status).toBe('ok')
})

test('is ready, durability unknown, if Redis refuses CONFIG as managed services do', async () => {
  const admin = await redisAt(REDIS_URL)
  const [name, password] = [`tenant-${randomBytes(4).toString('hex')}`, randomBytes(8).toString('hex')]
  await admin.call('ACL', 'SETUSER', name, 'on', `>${password}`, '~*', '+@all', '-config')
  cleanUp.defer(async () => void (await admin.call('ACL', 'DELUSER', name)))
  const [, appendOnly] = await admin.config('GET', 'appendonly')
  const url = new URL(REDIS_URL)
  url.username = name
  url.password = password
  const { status, body } = await probe(await redisAt(url.href))
  expect(status).toBe(200)
  expect(body.Checks.RedisDurability).toMatchObject({
    Level: appendOnly === 'yes' ? 'unknown' : 'not durable',
    AppendOnly: appendOnly,
    AppendFsync: 'unknown',
  })
})

test('answers not ready if Redis has stopped answering, also on a connection that waits for ever', async () => {
  const { hostname, port } = new URL(REDIS_URL)
  const sockets: Socket[] = []
  const proxy = createServer((client) => {
    const upstream = connect(Number(port || 6379), hostname)
    sockets.push(client, upstream)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  cleanUp.defer(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const through = new URL(REDIS_URL)
  through.hostname = '127.0.0.1'
  through.port = String((proxy.address() as AddressInfo).port)
  const redis = await redisAt(through.href, 'consumer')
  for (const socket of sockets) socket.unpipe().pause()
  const { status, body } = await probe(redis)
  expect(status).toBe(503)
  expect(body.Checks).toMatchObject({ RedisWrite: { Status: 'failed' }, RedisMemory: { Status: 'unknown' } })
})
