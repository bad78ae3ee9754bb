import { describe, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet, type FleetProcess } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { preloading } from './preload.ts'

// A death costs the lock of 6 s and the check every 2 s; 19 jobs that have to run alone take 1.5 s each.
const PATIENCE = { timeout: 150_000 }

describe.concurrent('a job that its process dies of', { timeout: 240_000 }, () => {
  test('kills one worker, is set aside, and the 19 that were in the worker with it succeed', async ({ expect }) => {
    await using emr = await openGatedEmr({ latencyMs: 1_500 })
    await using fleet = await openFleet({ emrs: [{ emr, settings: { maxAttempts: 50, timeoutMs: 5_000 } }] })
    const { submit, view } = fleet.connection()
    let supervising = true
    let deaths = 0
    const startAgain = async (worker: FleetProcess): Promise<void> => {
      await worker.ended
      if (!supervising) return
      deaths++
      return startAgain(await fleet.startWorker(preloading('die-on-poison.ts'), false))
    }
    void startAgain(await fleet.startWorker(preloading('die-on-poison.ts')))
    const innocents = await Promise.all(Array.from({ length: 19 }, () => submit()))
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(19)
    const poison = await submit('POISON')
    await expect.poll(() => deaths, PATIENCE).toBe(1)
    const later = await Promise.all(Array.from({ length: 40 }, () => submit()))
    await expect.poll(() => new Set(emr.made), PATIENCE).toEqual(new Set([...innocents, ...later]))

    await expect.poll(async () => (await view(poison))?.StatusCode, PATIENCE).toBe(408)
    supervising = false
    expect(await view(poison)).toMatchObject({ Status: 'OutcomeUnknown' })
    for (const job of [...innocents, ...later])
      await expect.poll(async () => (await view(job))?.Status, PATIENCE).toBe('Succeeded')
    expect(emr.made).toHaveLength(59)
    expect(deaths).toBe(1)
  })

  test('is counted from zero after a Retry', async ({ expect }) => {
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr, settings: { maxAttempts: 50 } }] })
    const { submit, view, queue, keys } = fleet.connection()
    // the count at which BullMQ sets it aside when its worker dies once more
    const atLimit = async (job: string) => fleet.redis.hset(keys.queued(job), 'stc', 20)
    emr.hold('before commit')
    const job = await submit()
    const first = await fleet.startWorker()
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(1)
    await atLimit(job)
    await first.kill('SIGKILL')
    const second = await fleet.startWorker()
    await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'OutcomeUnknown' })
    const api = await fleet.startApi()
    const retried = await fetch(`${api.url}/api/v1/Jobs/${job}/Retry`, { method: 'POST', headers: asDemo })
    expect(retried.status).toBe(202)
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(2)
    await second.kill('SIGKILL')
    emr.forget()
    await fleet.startWorker()
    await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Succeeded' })
    expect(emr.made).toEqual([job])
    expect(await queue.getFailedCount()).toBe(0)
  })
})

test('a job whose workers are killed from outside, one after the other, is not set aside', async ({ expect }) => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr, settings: { maxAttempts: 50 } }] })
  const { submit, view } = fleet.connection()
  emr.hold('before commit')
  const job = await submit()
  // one more than the deaths of a process in which it runs alone
  for (let kills = 1; kills <= 4; kills++) {
    const worker = await fleet.startWorker()
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBeGreaterThanOrEqual(kills)
    await worker.kill('SIGKILL')
  }
  emr.forget()
  await fleet.startWorker()
  await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Succeeded' })
  expect(emr.made).toEqual([job])
}, 240_000)
