import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

test('a full Redis: 503 and nothing half-accepted; with room again everything works, including the call in flight', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }], redisUrl: redis.url })
  const [api, worker] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const { connection, keys, queue, submit, view, pending } = fleet.connection()
  const readiness = async () => (await fetch(`${api.url}/readyz`)).status

  emr.hold('after commit')
  const inFlight = await submit()
  await expect.poll(() => emr.made, PATIENCE).toEqual([inFlight])
  await fleet.redis.config('SET', 'maxmemory', '1mb')
  const replies = await Promise.all(Array.from({ length: 20 }, () => postTo(api, connection.emrInstance)))
  expect(new Set(replies.map((reply) => reply?.status))).toEqual(new Set([503]))
  await expect.poll(readiness, PATIENCE).toBe(503)
  // nobody received more than the one job, and nothing of any other is stored
  expect(await fleet.redis.keys(keys.payload('*'))).toEqual([keys.payload(inFlight)])
  expect(await fleet.redis.zrangebyscore(keys.pending, '-inf', '+inf')).toEqual([inFlight])
  expect(await queue.getJobCountByTypes('wait', 'delayed', 'active')).toBe(1)
  // the EMR's answer arrives while nothing can be written
  emr.release()
  await expect.poll(() => worker.output(), PATIENCE).toContain('"outcome":"created"')

  await fleet.redis.config('SET', 'maxmemory', '0')
  await expect.poll(readiness, PATIENCE).toBe(200)
  expect((await postTo(api, connection.emrInstance))?.status).toBe(202)
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(await view(inFlight)).toMatchObject({ Status: 'Succeeded', Recovered: true })
  expect(emr.made).toHaveLength(2)
})
