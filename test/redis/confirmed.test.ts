import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { expect, test } from 'vitest'
import { minimalRequest, openIngress } from '../fixtures/ingress.ts'
import { PATIENCE } from '../fixtures/pace.ts'
import { startRedisProgram } from '../fixtures/redis-programs.ts'

const LOOPBACK = 'bind 127.0.0.1\nport {port}\ndir {folder}\nsave ""\n'

test('with redis.replicas nothing is accepted or begun that too few replicas have, and it is safe to repeat', async () => {
  await using primary = await startRedisProgram(`${LOOPBACK}repl-diskless-sync-delay 0\n`)
  await using second = await startRedisProgram(`${LOOPBACK}replicaof 127.0.0.1 ${primary.port}\n`)
  const replica = connectRedis(`redis://127.0.0.1:${second.port}`, 'producer')
  await untilReady(replica)
  const follows = () => replica.info('replication')
  await expect.poll(follows, PATIENCE).toContain('master_link_status:up')
  await using gateway = await openIngress({ redisUrl: `redis://127.0.0.1:${primary.port}`, replicas: 1 })
  const { jobs } = gateway.connection.records
  const headers = { 'Idempotency-Key': 'k' }
  const [first] = await Promise.all([gateway.accept(), gateway.accept()])
  expect(await replica.exists(gateway.keys.payload(first))).toBe(1)

  await replica.call('REPLICAOF', 'NO', 'ONE')
  const refused = await Promise.all([gateway.post(minimalRequest, headers), gateway.post(minimalRequest, headers)])
  for (const reply of refused) expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '2'])
  // its job is stored, but no replica has it
  expect((await gateway.post(minimalRequest, headers)).statusCode).toBe(503)
  const upload = { method: 'POST', url: '/api/v1/Sandbox/PatientEncounters/Batch' } as const
  const sent = { ...gateway.headers, 'content-type': 'application/json', 'idempotency-key': 'b' }
  const batch = () => gateway.app.inject({ ...upload, headers: sent, payload: JSON.stringify([minimalRequest]) })
  expect((await batch()).statusCode).toBe(503)
  const begun = await jobs.begin(first)
  expect(begun).toMatchObject({ kind: 'go', attempt: 1, confirmed: false })
  if (begun.kind === 'go') await jobs.settle(first, { ...begun, state: 'unspent', nextInMs: 0, statusCode: 0 })

  await replica.call('REPLICAOF', '127.0.0.1', primary.port)
  await expect.poll(follows, PATIENCE).toContain('master_link_status:up')
  const jobId = await gateway.accept(headers)
  expect(await gateway.connection.records.queue.getWaitingCount()).toBe(3)
  expect(await replica.exists(gateway.keys.payload(jobId))).toBe(1)
  expect(await batch().then((reply) => reply.json<{ Accepted: number }>())).toMatchObject({ Accepted: 1 })
  expect(await jobs.begin(first)).toMatchObject({ kind: 'go', attempt: 1, confirmed: true })
  replica.disconnect()
}, 60_000)
