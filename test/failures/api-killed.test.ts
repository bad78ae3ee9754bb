import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { stoppingAt } from './preload.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const CALLERS = 8

async function jobOf(answer: Response | undefined): Promise<string> {
  return ((await answer?.json()) as Job | undefined)?.JobId ?? ''
}

test('an api killed under load: callers without an answer ask the other with the same key, and each encounter is created once', async () => {
  await using emr = await openGatedEmr({ latencyMs: 20 })
  await using fleet = await openFleet({ emrs: [{ emr }] })
  const [doomed, other] = await Promise.all([fleet.startApi(), fleet.startApi(), fleet.startWorker()])
  const { connection, pending } = fleet.connection()

  const accepted: string[] = []
  let unanswered = 0
  const enough = new AbortController()
  const call = async () => {
    while (!enough.signal.aborted) {
      const key = { 'idempotency-key': randomUUID() }
      let answer = await postTo(doomed, connection.emrInstance, key)
      if (!answer) unanswered++
      answer ??= await postTo(other, connection.emrInstance, key)
      expect(answer?.status).toBe(202)
      accepted.push(await jobOf(answer))
    }
  }
  const callers = Array.from({ length: CALLERS }, call)
  await expect.poll(() => accepted.length, PATIENCE).toBeGreaterThan(50)
  await doomed.kill('SIGKILL')
  await expect.poll(() => unanswered, PATIENCE).toBeGreaterThan(CALLERS)
  enough.abort()
  await Promise.all(callers)
  await expect.poll(pending, PATIENCE).toBe(0)
  // a job that nobody received, since the key is asked for again, is the same job
  expect(emr.made.toSorted()).toEqual(accepted.toSorted())
})

test('an api killed between Redis’ answer and its own: the same key names the existing job', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }] })
  const { connection, pending } = fleet.connection()
  const [doomed, other] = await Promise.all([fleet.startApi(stoppingAt('after accept')), fleet.startApi()])
  const key = { 'idempotency-key': 'asked-twice' }
  expect(await postTo(doomed, connection.emrInstance, key)).toBeUndefined()
  expect(await doomed.ended).toBeNull()
  expect(await pending()).toBe(1)
  const again = await postTo(other, connection.emrInstance, key)
  expect([again?.status, again?.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
  await fleet.startWorker()
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(emr.made).toEqual([await jobOf(again)])
})
