import { expect, test } from 'vitest'
import { openFleet, type Fleet, type FleetConnection } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const MINUTE_MS = 60_000

/**
 * The state after an outage, or a jump of Redis' clock, longer than anything is kept: no key with a TTL, and every
 * deadline passed.
 */
async function leaveForAWeek({ redis }: Fleet, { keys }: FleetConnection, passedMs: number): Promise<void> {
  for (const key of await redis.keys(`${keys.base}:*`)) if ((await redis.pttl(key)) >= 0) await redis.del(key)
  const pending = await redis.zrange(keys.pending, '0', '-1')
  for (const jobId of pending) await redis.zadd(keys.pending, Date.now() - passedMs, jobId)
}

test.each([
  ['the EMR is asked', MINUTE_MS, /^Succeeded$/],
  // whichever comes first: the sweep, or the worker that takes the job over and asks
  ['hours ago: the EMR is asked, or a person decides', 180 * MINUTE_MS, /^(Succeeded|OutcomeUnknown)$/],
])('a worker dies in a call, and no other runs until after the deadline: %s', async (_, passedMs, expected) => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }] })
  const at = fleet.connection()
  emr.hold('after commit')
  const job = await at.submit()
  const worker = await fleet.startWorker()
  await expect.poll(() => emr.made, PATIENCE).toEqual([job])
  await worker.kill('SIGKILL')
  emr.release()
  await leaveForAWeek(fleet, at, passedMs)
  await fleet.startWorker()
  await expect.poll(async () => (await at.view(job))?.Status, PATIENCE).toMatch(expected)
  await expect.poll(at.pending, PATIENCE).toBe(0)
  expect(emr.made).toEqual([job])
})
