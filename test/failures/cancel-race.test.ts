import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { expect, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const CALLERS = 10
const EACH = 10

test('a hundred cancellations racing with the dispatch: 204 and never sent, or 409 and created once', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr, settings: { concurrency: 2 } }] })
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker(), fleet.startWorker()])
  const { connection, pending, view } = fleet.connection()
  const answers = new Map<string, number>()
  const call = async () => {
    for (let n = 0; n < EACH; n++) {
      const accepted = await postTo(api, connection.emrInstance)
      if (accepted?.status !== 202) throw new Error('the api is to accept what can be cancelled')
      const { JobId } = (await accepted.json()) as Job
      const { status } = await fetch(`${api.url}/api/v1/Jobs/${JobId}`, { method: 'DELETE', headers: asDemo })
      answers.set(JobId, status)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  await expect.poll(pending, PATIENCE).toBe(0)
  const made = new Set(emr.made)
  expect(made.size).toBe(emr.made.length)
  expect(answers.size).toBe(CALLERS * EACH)
  for (const [job, status] of answers) {
    const end = (await view(job))?.Status
    expect([status, end, made.has(job)]).toEqual(status === 204 ? [204, 'Cancelled', false] : [409, 'Succeeded', true])
  }
})
