import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const KEYS = 50

test('one Idempotency-Key sent to two apis at the same moment, fifty times: one job each, and one encounter', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }] })
  const [first, second] = await Promise.all([fleet.startApi(), fleet.startApi(), fleet.startWorker()])
  const { connection, pending } = fleet.connection()
  const send = async (key: string) => {
    const post = (api: typeof first) => postTo(api, connection.emrInstance, { 'idempotency-key': key })
    const replies = await Promise.all([first, second, first, second].map(post))
    return Promise.all(replies.map(async (reply) => ((await reply?.json()) as Job | undefined)?.JobId ?? ''))
  }
  const jobs = await Promise.all(Array.from({ length: KEYS }, () => send(randomUUID())))
  expect(jobs.map((named) => new Set(named).size)).toEqual(Array.from({ length: KEYS }, () => 1))
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(emr.made.toSorted()).toEqual(jobs.map(([job = '']) => job).toSorted())
})
