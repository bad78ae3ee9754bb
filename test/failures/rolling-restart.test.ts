import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const CALLERS = 4

test('two apis and two workers restarted one by one under load: no caller notices, no encounter is created twice', async () => {
  await using emr = await openGatedEmr({ latencyMs: 20 })
  await using fleet = await openFleet({ emrs: [{ emr }] })
  const [apis, workers] = await Promise.all([
    Promise.all([fleet.startApi(), fleet.startApi()]),
    Promise.all([fleet.startWorker(), fleet.startWorker()]),
  ])
  const { connection, pending, view } = fleet.connection()

  const accepted: string[] = []
  const refused: unknown[] = []
  const enough = new AbortController()
  // a caller like every client of two servers: if one does not accept the request, it tries the other
  const call = async (_: unknown, caller: number) => {
    for (let n = caller; !enough.signal.aborted; n++) {
      const key = { 'idempotency-key': randomUUID() }
      const send = async (api: number) => {
        const answer = await postTo(apis[api % 2]!, connection.emrInstance, key)
        return answer?.status === 202 ? ((await answer.json()) as Job).JobId : undefined
      }
      const job = (await send(n)) ?? (await send(n + 1))
      if (job) accepted.push(job)
      else refused.push(n)
    }
  }
  const callers = Array.from({ length: CALLERS }, call)
  const someMore = async () => {
    const [taken, made] = [accepted.length, emr.made.length]
    await expect.poll(() => Math.min(accepted.length - taken, emr.made.length - made), PATIENCE).toBeGreaterThan(20)
  }

  for (const n of [0, 1] as const) {
    await someMore()
    apis[n].child.kill('SIGTERM')
    expect(await apis[n].ended).toBe(0)
    await someMore()
    apis[n] = await fleet.startApi()
    workers[n].child.kill('SIGTERM')
    expect(await workers[n].ended).toBe(0)
    await someMore()
    workers[n] = await fleet.startWorker()
  }
  await someMore()
  enough.abort()
  await Promise.all(callers)
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(refused).toEqual([])
  const ends = await Promise.all(accepted.map(async (job) => (await view(job))?.Status))
  expect(new Set(ends)).toEqual(new Set(['Succeeded']))
  expect(emr.made.toSorted()).toEqual(accepted.toSorted())
})
