import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import { connectRedis, untilReady, type RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { Worker } from 'bullmq'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canMakeCertificates, makeIdentity } from '../fixtures/certificates.ts'
import { minimalRequest, openIngress } from '../fixtures/ingress.ts'
import { PATIENCE } from '../fixtures/pace.ts'
import { startRedisProgram } from '../fixtures/redis-programs.ts'
import { sharedRedisUrl, startRedisServer } from '../fixtures/redis-server.ts'
import { openSilentLine } from '../fixtures/silent-line.ts'

const LOOPBACK = 'bind 127.0.0.1\nport {port}\ndir {folder}\nsave ""\n'
/** Resolves when the connection has been replaced. */
const readyAgain = (redis: RedisClient) => new Promise<void>((resolve) => redis.once('ready', resolve))
const PATIENT = { timeout: 60_000 }

test('connections that go silent are replaced, idle ones and a subscriber as well', PATIENT, async () => {
  const shared = new URL(sharedRedisUrl())
  await using line = await openSilentLine(Number(shared.port))
  shared.port = String(line.port)
  const url = shared.href
  await using gateway = await openIngress({ redisUrl: url })
  const idle = connectRedis(url, 'consumer')
  idle.on('error', () => undefined)
  await untilReady(idle)
  // all connections wait for their pings
  const replaced = [gateway.redis, idle].map((redis) => readyAgain(redis))
  line.silence()
  await Promise.all(replaced)
  const jobId = await gateway.accept()
  const waiting = gateway.get(`/api/v1/Jobs/${jobId}`, { Prefer: 'wait=30' })
  expect((await gateway.post(minimalRequest)).statusCode).toBe(202)
  expect((await waiting).statusCode).toBe(200)
  idle.disconnect()
})

describe('a Redis user', () => {
  const documented = /^user gateway .*$/m.exec(readFileSync('docs/operations.md', 'utf8'))?.[0] ?? ''
  const rights = documented.split(' ').slice(2)

  test.each([
    ['with the documented rights', rights, 'durable'],
    ['without INFO and CONFIG', rights.filter((right) => !/^\+(?:info|config)/.test(right)), 'unknown'],
  ])('%s can do everything', PATIENT, async (_name, given, level) => {
    await using server = await startRedisServer()
    const owner = connectRedis(server.url, 'producer')
    await untilReady(owner)
    // openIngress looks for its keys when it closes
    await owner.acl('SETUSER', 'gateway', ...given.map((right) => (right.startsWith('>') ? '>secret' : right)), '+keys')
    const url = server.url.replace('redis://', 'redis://gateway:secret@')
    await using gateway = await openIngress({ redisUrl: url })
    const consumer = connectRedis(url, 'consumer')
    await untilReady(consumer)
    expect(await readRedisHealth(gateway.redis)).toMatchObject({
      Ready: true,
      Checks: { RedisDurability: { Level: level } },
    })
    const jobId = await gateway.accept()
    const taken: string[] = []
    const worker = new Worker(gateway.connection.records.queue.name, async (job) => void taken.push(job.id ?? ''), {
      connection: consumer,
      prefix: 'eg',
      skipVersionCheck: true,
    })
    const failures: unknown[] = []
    worker.on('error', (error) => failures.push(error))
    await expect.poll(() => taken, PATIENCE).toEqual([jobId])
    expect(failures).toEqual([])
    await worker.close()
    for (const redis of [consumer, owner]) redis.disconnect()
  })
})

test.skipIf(!canMakeCertificates)('TLS with a private CA and a client certificate', PATIENT, async () => {
  const { key, cert } = makeIdentity('localhost')
  await using server = await startRedisProgram(
    `bind 127.0.0.1\nport 0\ntls-port {port}\ndir {folder}\nsave ""\ntls-cert-file {folder}/c\ntls-key-file {folder}/k\ntls-ca-cert-file {folder}/c\n`,
    { files: { c: cert, k: key } },
  )
  const file = (name: string, text: string) => {
    writeFileSync(join(server.folder, name), text)
    return join(server.folder, name)
  }
  const url = `rediss://localhost:${server.port}?ca=${file('ca', cert)}`
  const redis = connectRedis(`${url}&cert=${file('cert', cert)}&key=${file('key', key)}`, 'producer')
  redis.on('error', () => undefined)
  await untilReady(redis)
  expect(await redis.ping()).toBe('PONG')
  redis.disconnect()
  const refused = connectRedis(url, 'producer')
  refused.on('error', () => undefined)
  await expect(untilReady(refused, 500)).rejects.toThrow('Redis at REDIS_URL cannot be used')
  refused.disconnect()
})

test('through Sentinel with passwords: a failover is followed at once by every connection', PATIENT, async () => {
  const login = 'requirepass secret\nmasterauth secret\n'
  await using first = await startRedisProgram(LOOPBACK + login)
  await using second = await startRedisProgram(`${LOOPBACK}${login}replicaof 127.0.0.1 ${first.port}\n`)
  await using sentinel = await startRedisProgram(
    `bind 127.0.0.1\nport {port}\ndir {folder}\nrequirepass guard\nsentinel monitor main 127.0.0.1 ${first.port} 1\nsentinel auth-pass main secret\n`,
    { sentinel: true },
  )
  const watch = connectRedis(`redis://:guard@127.0.0.1:${sentinel.port}`, 'producer')
  const replica = connectRedis(`redis://:secret@127.0.0.1:${second.port}`, 'producer')
  await Promise.all([untilReady(watch), untilReady(replica)])
  await expect.poll(() => replica.info('replication'), PATIENCE).toContain('master_link_status:up')
  await expect
    .poll(async () => JSON.stringify(await watch.call('SENTINEL', 'REPLICAS', 'main')), PATIENCE)
    .toContain(String(second.port))

  const url = `redis+sentinel://:secret@127.0.0.1:${sentinel.port}/main?db=2&sentinelPassword=guard`
  const clients = (['producer', 'consumer'] as const).map((role) => connectRedis(url, role))
  for (const client of clients) client.on('error', () => undefined)
  await Promise.all(clients.map((client) => untilReady(client)))
  const [producer] = clients
  const replication = async () => producer && (await readRedisHealth(producer)).Checks.RedisReplication
  await expect.poll(replication, PATIENCE).toMatchObject({ Level: 'unbounded', Replicas: 1, MinReplicasToWrite: 0 })
  await producer?.config('SET', 'min-replicas-to-write', 1)
  expect(await replication()).toMatchObject({ Level: 'bounded', LagSeconds: expect.any(Number) })
  await producer?.config('SET', 'min-replicas-to-write', 0)
  const moved = clients.map((client) => readyAgain(client))
  await watch.call('SENTINEL', 'FAILOVER', 'main')
  await Promise.all(moved)
  await Promise.all(clients.map((client, at) => client.set(`moved:${at}`, 'yes')))
  await replica.select(2)
  expect(await replica.mget('moved:0', 'moved:1')).toEqual(['yes', 'yes'])
  for (const client of [...clients, watch, replica]) client.disconnect()
})
