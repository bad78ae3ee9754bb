import { expect, test } from 'vitest'
import { openFleet, type FleetConnection } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE, paced } from '../fixtures/pace.ts'

const CONCURRENCY = 16
const JOBS = 200
const settings = {
  concurrency: CONCURRENCY,
  requestsPerSecond: 10_000,
  maxAttempts: 3,
  backoffMs: 10,
  breaker: { minimumCalls: 4, failurePercent: 50, openMs: 500 },
}

/** How often any worker has opened the breaker or held it open: each time its end is written anew. */
async function opened({
  redis,
  key,
}: {
  redis: { hget(key: string, field: string): Promise<string | null> }
  key: string
}) {
  return Number(await redis.hget(key, 'openUntil'))
}

async function openings(times: number, about: Parameters<typeof opened>[0]): Promise<void> {
  const seen = new Set<number>()
  await expect
    .poll(async () => seen.add(await opened(about)).size, { timeout: paced(40_000), interval: 20 })
    .toBeGreaterThan(times)
}

async function attempts({ view }: FleetConnection, jobs: string[]): Promise<number[]> {
  return Promise.all(jobs.map(async (job) => (await view(job))?.Attempts ?? 0))
}

test('an EMR down under a backlog: two workers stop for it together, spend nothing on it, and come back gradually', async () => {
  await using emr = await openGatedEmr({ latencyMs: 40 })
  await using fleet = await openFleet({ emrs: [{ emr, settings }] })
  await emr.goDown()
  const at = fleet.connection()
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => at.submit()))
  const workers = await Promise.all([fleet.startWorker(), fleet.startWorker()])
  const about = { redis: fleet.redis, key: at.keys.breaker }
  await openings(1, about)
  await expect.poll(async () => (await at.view(jobs.at(-1) ?? ''))?.Status, PATIENCE).toBe('Parked')
  const spent = await attempts(at, jobs)
  // each reopening follows a probe, and none costs its job an attempt
  await openings(5, about)
  const costly = async () => (await attempts(at, jobs)).filter((count, n) => count > (spent[n] ?? 0))
  await expect.poll(costly, PATIENCE).toEqual([])

  await emr.comeBack()
  await expect.poll(at.pending, PATIENCE).toBe(0)
  expect(emr.made.length).toBe(JOBS)
  expect(new Set(emr.made)).toEqual(new Set(jobs))
  const ended = await Promise.all(jobs.map((job) => at.view(job)))
  expect(new Set(ended.map((job) => job?.Status))).toEqual(new Set(['Succeeded']))
  // one, then a few, then all that the connection allows, but never more
  const load = emr.arrivals.map((arrival) => arrival.atOnce)
  const firstAt = (level: number) => load.findIndex((atOnce) => atOnce >= level)
  expect(load.slice(0, 2)).toEqual([1, 1])
  expect(firstAt(CONCURRENCY / 2)).toBeGreaterThan(4)
  expect(Math.max(...load)).toBeGreaterThan(2)
  expect(Math.max(...load)).toBeLessThanOrEqual(CONCURRENCY)
  expect(workers.map((worker) => worker.output()).join('')).toContain('breaker.closed')
})
