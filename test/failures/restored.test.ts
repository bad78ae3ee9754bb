import { expect, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const JOBS = 120

test('a copy of Redis taken while jobs run, and restored after they ended, makes no second encounter', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr({ latencyMs: 10 })
  await using fleet = await openFleet({ emrs: [{ emr, settings: { concurrency: 4 } }], redisUrl: redis.url })
  const at = fleet.connection()
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => at.submit()))
  const worker = await fleet.startWorker()
  await expect.poll(() => emr.made.length, { ...PATIENCE, interval: 5 }).toBeGreaterThan(JOBS / 4)
  const copy = redis.copy()
  await expect.poll(at.pending, PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(JOBS)
  await worker.kill('SIGKILL')

  await copy.restore()
  await expect.poll(() => at.pending().catch(() => 0), PATIENCE).toBeGreaterThan(0)
  const forgotten = await at.pending()
  const said = await fleet.restored()
  expect(said).toMatchObject({ exitCode: 0 })
  expect(said.output).toContain(`${forgotten} unfinished jobs will be asked about before they are sent.`)
  await fleet.startWorker()
  await expect.poll(at.pending, PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(JOBS)
  const ended = await Promise.all(jobs.map((job) => at.view(job)))
  expect(new Set(ended.map((job) => job?.Status))).toEqual(new Set(['Succeeded']))
  expect(ended.filter((job) => job?.Recovered).length).toBeGreaterThanOrEqual(forgotten - 4)
})
