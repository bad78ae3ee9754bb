import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openChaosProxy } from '../torture/chaos-proxy.ts'
import { randomFrom } from '../torture/random.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

test('a worker gets none of Redis’ answers for a while: what it had recorded stands, and the next job succeeds', async () => {
  await using redis = await startRedisServer()
  await using line = await openChaosProxy(Number(new URL(redis.url).port))
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }], redisUrl: redis.url })
  const { records, submit, pending, view } = fleet.connection()
  const worker = await fleet.startWorker({ REDIS_URL: `redis://127.0.0.1:${line.port}` })
  emr.hold('after commit')
  const job = await submit()
  await expect.poll(() => emr.made, PATIENCE).toEqual([job])
  line.spoil({ how: 'deaf' }, randomFrom(1))
  emr.release()
  await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Succeeded' })
  const outcome = await records.jobs.outcome(job)
  line.calm()
  const next = await submit()
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(await records.jobs.outcome(job)).toEqual(outcome)
  expect(emr.made).toEqual([job, next])
  expect(worker.child.exitCode).toBeNull()
})
