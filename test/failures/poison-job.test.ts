import { expect, test } from 'vitest'
import { openFleet, type FleetProcess } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { preloading } from './preload.ts'

// Each death costs the lock of 6 s and the check that comes every 2 s; the job is set aside at the fifth.
const PATIENCE = { timeout: 100_000 }

test('a job that kills its worker each time is set aside after a few deaths, and the others go on', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr, settings: { maxAttempts: 50 } }] })
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
  const poison = await submit('POISON')
  await expect.poll(() => deaths, PATIENCE).toBe(1)
  const others = await Promise.all(Array.from({ length: 20 }, () => submit()))
  await expect.poll(() => new Set(emr.made), PATIENCE).toEqual(new Set(others))

  await expect.poll(async () => (await view(poison))?.StatusCode, PATIENCE).toBe(408)
  supervising = false
  expect(await view(poison)).toMatchObject({ Status: 'OutcomeUnknown' })
  expect(deaths).toBe(5)
  expect(emr.made).toHaveLength(20)
}, 120_000)
