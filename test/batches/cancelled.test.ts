import { expect, test } from 'vitest'
import { openSandbox } from '../emr/sandbox.ts'
import { openGateway } from '../fixtures/gateway.ts'
import { paced } from '../fixtures/pace.ts'

async function open() {
  const emr = await openSandbox()
  const gateway = await openGateway({ emrSystem: 'Sandbox', connector: 'sandbox', settings: {}, emr })
  // held by nobody here, so that no walk over the cancelled batch runs first
  await gateway.redis.set(`${gateway.keys.base}:cancelling-lease`, '1')
  return {
    emr,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await emr[Symbol.asyncDispose]()
    },
  }
}

test('an item already in BullMQ is not sent once its batch is cancelled', async () => {
  await using both = await open()
  const { emr, gateway } = both
  await gateway.queue.pause()
  const { batch, jobs } = await gateway.submitBatch(3)
  await expect
    .poll(() => gateway.batches.states(batch.batchId, 0, 3), { timeout: paced(10_000) })
    .toEqual(['t', 't', 't'])
  await gateway.batches.cancel(batch)
  await gateway.queue.resume()
  const ended = await Promise.all(jobs.map((job) => gateway.ended(job)))
  expect(ended.map(({ status, attempts }) => [status, attempts])).toEqual(jobs.map(() => ['Cancelled', 0]))
  expect(emr.encounters()).toEqual([])
  expect((await gateway.batches.read(batch.batchId))?.view).toMatchObject({ Status: 'Finished', Cancelled: 3 })
})

test('an item whose encounter the EMR may have is not reported as cancelled before the EMR was asked', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const { batch, jobs } = await gateway.submitBatch(2)
  const about = { BatchId: batch.batchId }
  const [asked = '', sentAgain = ''] = jobs
  for (const job of jobs) {
    expect((await gateway.records.jobs.begin(job, about)).kind).toBe('go')
    const end = { state: 'unknown', nextInMs: 0, statusCode: 408 } as const
    await gateway.records.jobs.settle(job, { round: 1, attempt: 1, ...end })
  }
  await gateway.batches.cancel(batch)
  expect((await gateway.records.jobs.begin(asked, about)).kind).toBe('dangling')
  expect(await gateway.records.jobs.begin(asked, { ...about, attempt: 1, as: 'absent' })).toEqual({ kind: 'cancelled' })
  expect(await gateway.records.jobs.begin(sentAgain, { ...about, attempt: 1, as: 'resend' })).toMatchObject({
    kind: 'go',
  })
})

test('an item is not reopened while its batch is being cancelled; it is later, and no delayed walk ends its new round', async () => {
  await using both = await open()
  const { gateway } = both
  const { batches, records } = gateway
  await gateway.stopWorkers()
  const { batch, jobs } = await gateway.submitBatch(2)
  const [refused = '', waiting = ''] = jobs
  const about = { BatchId: batch.batchId }
  const routed = (ItemIndex: number) => ({
    jobId: jobs[ItemIndex] ?? '',
    routing: { application: 'demo', ...about, ItemIndex },
    createdAt: 1,
  })
  const end = async (ItemIndex: number, status: 'Failed' | 'Cancelled', onlyIf?: 'cancelledWithBatch') => {
    return records.jobs.end(routed(ItemIndex), { status, statusCode: 400, result: {} }, onlyIf)
  }
  const reopen = (ItemIndex: number) => gateway.reopen(jobs[ItemIndex] ?? '', routed(ItemIndex).routing)
  const view = async () => (await batches.read(batch.batchId))?.view
  expect(await end(0, 'Failed')).toBe('recorded')
  await batches.cancel(batch)
  expect(await reopen(0)).toBe('cancelling')
  expect(await view()).toMatchObject({ Status: 'Cancelling', Failed: 1 })
  expect(await records.jobs.begin(waiting, about)).toEqual({ kind: 'cancelled' })
  expect(await end(1, 'Cancelled', 'cancelledWithBatch')).toBe('recorded')
  expect(await view()).toMatchObject({ Status: 'Finished', Failed: 1, Cancelled: 1 })
  expect([await reopen(0), await reopen(1)]).toEqual(['lined up', 'lined up'])
  expect(await end(1, 'Cancelled', 'cancelledWithBatch')).toBe('superseded')
  expect(await gateway.redis.zcard(gateway.keys.cancelling)).toBe(0)
  expect(await view()).toMatchObject({ Status: 'Running', Queued: 2, Cancelled: 0 })
  for (const job of [refused, waiting])
    expect(await records.jobs.begin(job, about)).toMatchObject({ kind: 'go', round: 2 })
})
