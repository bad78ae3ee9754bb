import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const CALLERS = 8

test('Redis killed under load: 503 while it is away, and nothing accepted is lost or created twice', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr({ latencyMs: 20 })
  await using fleet = await openFleet({ emrs: [{ emr }], redisUrl: redis.url })
  const [api, ...workers] = await Promise.all([fleet.startApi(), fleet.startWorker(), fleet.startWorker()])
  const { connection, view, pending } = fleet.connection()
  const post = () => postTo(api, connection.emrInstance)

  const accepted: string[] = []
  const refused = new Set<number | undefined>()
  const enough = new AbortController()
  const call = async () => {
    while (!enough.signal.aborted) {
      const answer = await post()
      if (answer?.status === 202) accepted.push(((await answer.json()) as Job).JobId)
      else refused.add(answer?.status)
    }
  }
  const callers = Array.from({ length: CALLERS }, call)
  await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(50)
  // calls are in flight: their results can only be recorded when Redis is back
  emr.hold('after commit')
  const answered = emr.made.length
  await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(answered)
  await redis.stop()
  emr.release()
  await expect.poll(() => refused.size, PATIENCE).toBe(1)
  expect((await post())?.status).toBe(503)
  await expect.poll(async () => (await fetch(`${api.url}/readyz`)).status, PATIENCE).toBe(503)

  const before = accepted.length
  await redis.start()
  await expect.poll(() => accepted.length, PATIENCE).toBeGreaterThan(before + 50)
  enough.abort()
  await Promise.all(callers)
  await expect.poll(pending, PATIENCE).toBe(0)
  expect([...refused]).toEqual([503])
  expect(workers.map((worker) => worker.child.exitCode)).toEqual([null, null])
  const ends = await Promise.all(accepted.map(async (job) => (await view(job))?.Status))
  expect(new Set(ends)).toEqual(new Set(['Succeeded']))
  expect(emr.made.length).toBe(new Set(emr.made).size)
  expect(new Set(emr.made).isSupersetOf(new Set(accepted))).toBe(true)
})
