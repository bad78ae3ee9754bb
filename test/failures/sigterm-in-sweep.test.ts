import { newJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const PATIENCE = { timeout: 60_000 }

test('SIGTERM while the sweep ends 20,000 overdue jobs: no more jobs are taken, and the worker ends in its drain time', async () => {
  await using emr = await openGatedEmr({ latencyMs: 300 })
  const settings = { concurrency: 2, timeoutMs: 20_000 }
  await using fleet = await openFleet({ emrs: [{ emr, settings }] })
  const { connection, submit, keys, pending } = fleet.connection()
  // as after an outage longer than deadlineHours, except for BullMQ's part, which the sweep does not need
  const overdue = Array.from({ length: 20_000 }, () => newJobId(connection))
  for (let first = 0; first < overdue.length; first += 1_000) {
    const some = overdue.slice(first, first + 1_000)
    await fleet.redis.zadd(keys.pending, ...some.flatMap((jobId) => [1, jobId]))
    await fleet.redis.zadd(keys.jobs('demo'), ...some.flatMap((jobId) => [Date.now(), jobId]))
  }
  await Promise.all(Array.from({ length: 400 }, () => submit()))
  const worker = await fleet.startWorker({ DRAIN_SECONDS: '1' })
  await expect.poll(async () => 20_400 - (await pending()) - emr.made.length, PATIENCE).toBeGreaterThan(100)
  worker.child.kill('SIGTERM')
  await expect.poll(() => worker.output(), PATIENCE).toContain('worker.draining')
  const taken = emr.arrivals.length
  expect(await worker.ended).toBe(0)
  expect(emr.arrivals.length).toBeLessThanOrEqual(taken + 2)
  expect(worker.output()).not.toContain('"outcome":"refused"')
  expect(await fleet.redis.exists(keys.breaker)).toBe(0)
  expect(await pending()).toBeGreaterThan(1_000)
}, 120_000)

test('the drain time ends while the worker still connects to an EMR: no attempt is spent, and the breaker does not count it', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const connected = once(silent, 'connection')
  await using emr = await openGatedEmr()
  const baseUrl = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const settings = { baseUrl, timeoutMs: 30_000, breaker: { minimumCalls: 1 }, maxAttempts: 1 }
  await using fleet = await openFleet({ emrs: [{ emr, settings }] })
  const { submit, view, keys } = fleet.connection()
  const job = await submit()
  const worker = await fleet.startWorker({ DRAIN_SECONDS: '0.5' })
  await connected
  worker.child.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
  expect(await view(job)).toMatchObject({ Status: 'Queued', Attempts: 0 })
  expect(await fleet.redis.exists(keys.breaker)).toBe(0)
  silent.close()
}, 120_000)
