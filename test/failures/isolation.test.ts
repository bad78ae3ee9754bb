import { expect, test } from 'vitest'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const WAITING = 2_000
const AT_ONCE = 200
const HEALTHY = 50

test('one EMR hangs with thousands of jobs waiting: all jobs of another complete meanwhile', async () => {
  await using hung = await openGatedEmr()
  await using healthy = await openGatedEmr()
  // one that never answers, not even in the end, and a gateway that waits for it
  hung.hold('before commit')
  const settings = { timeoutMs: 60_000 }
  await using fleet = await openFleet({ emrs: [{ emr: hung, settings }, { emr: healthy }] })
  const [ofHung, ofHealthy] = [fleet.connection(0), fleet.connection(1)]
  // not all at once: a busy machine would take longer than a command may
  for (let accepted = 0; accepted < WAITING; accepted += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => ofHung.submit()))
  await fleet.startWorker()
  await expect.poll(() => hung.arrivals.length, PATIENCE).toBe(20)
  const jobs = await Promise.all(Array.from({ length: HEALTHY }, () => ofHealthy.submit()))
  await expect.poll(ofHealthy.pending, PATIENCE).toBe(0)
  expect(new Set(healthy.made)).toEqual(new Set(jobs))
  expect(healthy.made).toHaveLength(HEALTHY)
  expect(await ofHung.pending()).toBe(WAITING)
  expect(hung.arrivals).toHaveLength(20)
})
