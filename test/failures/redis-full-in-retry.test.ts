import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const JOBS = 12

test('Redis full while attempts fail and others come due: with room again each job is done once, and none is left behind', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr()
  const settings = { concurrency: JOBS, maxAttempts: 5, backoffMs: 2_000, breaker: { minimumCalls: 100 } }
  await using fleet = await openFleet({ emrs: [{ emr, settings }], redisUrl: redis.url })
  const { queue, submit, pending, view } = fleet.connection()
  const worker = await fleet.startWorker()
  // half of them wait for their next attempt when memory runs out, the others are in their first
  emr.refuse(...Array.from({ length: JOBS / 2 }, () => 502))
  const delayed = await Promise.all(Array.from({ length: JOBS / 2 }, () => submit()))
  await expect.poll(() => queue.getJobCountByTypes('delayed'), PATIENCE).toBe(JOBS / 2)
  emr.hold('before commit')
  const inFlight = await Promise.all(Array.from({ length: JOBS / 2 }, () => submit()))
  await expect.poll(() => new Set(emr.arrivals.map(({ key }) => key)).size, PATIENCE).toBe(JOBS)
  await fleet.redis.config('SET', 'maxmemory', '1mb')
  emr.refuse(...Array.from({ length: JOBS / 2 }, () => 502))
  emr.release()
  // a failed attempt can neither be recorded nor delayed
  await expect.poll(() => worker.output(), PATIENCE).toContain('OOM')
  await fleet.redis.config('SET', 'maxmemory', '0')
  await expect.poll(pending, PATIENCE).toBe(0)
  const jobs = [...delayed, ...inFlight]
  const ends = await Promise.all(jobs.map(async (job) => (await view(job))?.Status))
  expect(new Set(ends)).toEqual(new Set(['Succeeded']))
  expect(emr.made.toSorted()).toEqual(jobs.toSorted())
})
