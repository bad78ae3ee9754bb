import { existsSync } from 'node:fs'
import { describe, test } from 'vitest'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const libfaketime = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
].find((path) => existsSync(path))

/** The environment of a process whose wall clock is wrong; time passes for it as for all others. */
function clockOff(by: string): Record<string, string> {
  return { LD_PRELOAD: libfaketime ?? '', FAKETIME: by, DONT_FAKE_MONOTONIC: '1' }
}

describe.concurrent('a worker whose clock is off', () => {
  for (const by of ['+1h', '-1h']) {
    test(`by ${by} creates no encounter twice, expires no job early, and leaves none behind`, async ({ expect }) => {
      await using emr = await openGatedEmr()
      await using fleet = await openFleet({ emrs: [{ emr, settings: { deadlineHours: 0.5, backoffMs: 200 } }] })
      const { submit, view, pending } = fleet.connection()
      const off = await fleet.startWorker(clockOff(by))
      emr.hold('after commit')
      const found = await submit()
      await expect.poll(() => emr.made, PATIENCE).toEqual([found])
      // the connection is cut: the job is delayed by the wrong clock, and so is the next, which is refused
      emr.forget()
      emr.refuse(502, 502)
      const again = await submit()
      await expect.poll(() => emr.arrivals.length, PATIENCE).toBeGreaterThan(1)
      await fleet.startWorker()
      await expect.poll(pending, PATIENCE).toBe(0)
      expect(await view(found)).toMatchObject({ Status: 'Succeeded', Recovered: true })
      expect(await view(again)).toMatchObject({ Status: 'Succeeded', Attempts: 3 })
      expect(emr.made).toEqual([found, again])
      expect(off.child.exitCode).toBeNull()
    })
  }
})
