import { expect, test } from 'vitest'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

test('a second SIGTERM ends the worker at once; the call it was in is taken over and completed once', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr, settings: { timeoutMs: 60_000 } }] })
  const { submit, view } = fleet.connection()
  emr.hold('after commit')
  const impatient = await fleet.startWorker()
  const job = await submit()
  await expect.poll(() => emr.made, PATIENCE).toEqual([job])
  impatient.child.kill('SIGTERM')
  await expect.poll(() => impatient.output(), PATIENCE).toContain('worker.draining')
  expect(impatient.child.exitCode).toBeNull()
  impatient.child.kill('SIGTERM')
  expect(await impatient.ended).toBe(1)
  expect(await view(job)).toMatchObject({ Status: 'Running', Attempts: 1 })
  emr.release()
  await fleet.startWorker()
  await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Recovered: true, Attempts: 1 })
  expect(emr.made).toEqual([job])
})
