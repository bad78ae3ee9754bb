import { HOUR, DAY } from '@encounter-gateway/shared/durations.ts'
import type { Config } from '@encounter-gateway/shared/config/config.ts'
import { openStore, outcomeOf, type Store } from '@encounter-gateway/shared/records/store-under-test.ts'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { setAside } from '../attempts/set-aside.ts'
import { cancelBatches } from './cancel-batches.ts'
import { sweepOnce } from './sweep.ts'

/** One round of the sweep over a store; returns the lines that it logs. */
async function sweep(store: Store): Promise<{ level: number; msg: string; job?: string }[]> {
  const lines: string[] = []
  const log = pino(
    { level: 'debug' },
    new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }),
  )
  const config = { batches: { abandonedAfterHours: 1 } } as Config
  const breaker = { heal: async () => undefined }
  await sweepOnce({ records: store.records, breaker, log, config }, async () => true)
  return lines.map((line) => JSON.parse(line) as { level: number; msg: string; job?: string })
}

/** What an outage of a week leaves: every deadline passed, and no record with an expiry. */
async function leaveForAWeek({ redis, keys }: Store): Promise<void> {
  for (const key of await redis.keys(`${keys.base}:*`)) if ((await redis.pttl(key)) >= 0) await redis.del(key)
  for (const jobId of await redis.zrange(keys.pending, '0', '-1')) {
    await redis.zadd(keys.pending, Date.now() - 6 * DAY, jobId)
  }
  for (const batch of await redis.keys(keys.batch('*'))) {
    await redis.hset(batch, { createdAt: Date.now() - 7 * DAY, uploadedAt: Date.now() - 7 * DAY })
  }
  for (const backlog of [...(await redis.keys(keys.backlog('*'))), ...(await redis.keys(keys.receiving))]) {
    for (const batchId of await redis.zrange(backlog, '0', '-1'))
      await redis.zadd(backlog, Date.now() - 7 * DAY, batchId)
  }
}

const depths = ({ redis, keys }: Store) => redis.hgetall(keys.depth)

test('an overdue job that neither BullMQ nor any list knows ends without an owner, and the log reports it', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  await store.add('a1')
  await redis.zadd(keys.pending, Date.now() - HOUR, 'a1')
  await redis.zrem(keys.jobs('demo'), 'a1')
  await store.queue.remove('a1')
  const lines = await sweep(store)
  expect(lines.filter(({ msg }) => msg === 'sweep.ownerUnknown')).toEqual([
    expect.objectContaining({ level: 50, job: 'a1' }),
  ])
  expect(await store.jobs.outcome('a1')).toMatchObject({ status: 'Expired', application: '' })
  expect(await redis.zcard(keys.pending)).toBe(0)
  // it was counted for its application, and an end without an owner does not name that
  expect(await depths(store)).toMatchObject({ demo: '0' })
  expect(lines.map(({ msg }) => msg)).toContain('depth.corrected')
})

test('an overdue job that BullMQ has lost ends as its application’s, even if that is no longer configured', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  for (const [jobId, application] of [
    ['a1', 'demo'],
    ['b1', 'removed'],
    ['b2', 'removed'],
  ] as const) {
    await store.add(jobId, application)
    if (jobId !== 'b2') await redis.zadd(keys.pending, Date.now() - HOUR, jobId)
    await store.queue.remove(jobId)
  }
  const lines = await sweep(store)
  expect(await store.jobs.outcome('a1')).toMatchObject({ status: 'Expired', application: 'demo' })
  expect(await store.jobs.outcome('b1')).toMatchObject({ status: 'Expired', application: 'removed' })
  expect(await depths(store)).toEqual({ demo: '0', removed: '1' })
  expect(lines.filter(({ level }) => level >= 40)).toEqual([])
})

test('counts that have drifted are right after one round, and a round that finds them right logs nothing', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.addBatch('qq', 'other')
  await store.redis.hincrby(store.keys.depth, 'demo', 3)
  expect((await sweep(store)).map(({ msg }) => msg)).toEqual(['depth.corrected'])
  expect(await depths(store)).toEqual({ demo: '1', other: '2' })
  expect(await sweep(store)).toEqual([])
})

test.for(['in line', 'of a cancelled batch'])(
  'items whose request has expired while no worker ran end with their batch: %s',
  async (where) => {
    await using store = await openStore()
    const { batches, redis, keys } = store
    const items = Array.from('qrq'.repeat(150)).join('')
    const { batch, jobs } = await store.addBatch(items)
    await batches.received(batch, items.length)
    const other = await store.addBatch('q', 'removed')
    if (where === 'of a cancelled batch') await batches.cancel(batch)
    await leaveForAWeek(store)
    expect(await redis.exists(keys.payload(jobs[0] ?? ''))).toBe(0)
    const lines = await sweep(store)
    expect((await batches.read(batch.batchId))?.view).toMatchObject({
      Status: 'Finished',
      Expired: 300,
      Rejected: 150,
      Queued: 0,
    })
    expect(await store.jobs.outcome(jobs[2] ?? '')).toMatchObject({ BatchId: batch.batchId, ItemIndex: 2 })
    // its upload had broken off, and was closed as well
    expect((await batches.read(other.batch.batchId))?.view).toMatchObject({ Status: 'Finished', Abandoned: true })
    expect(await redis.zcard(keys.pending)).toBe(0)
    expect(await depths(store)).toMatchObject({ demo: '0', removed: '0' })
    expect(lines.map(({ msg }) => msg)).not.toContain('depth.corrected')
  },
)

test('an item whose request has expired waits for its batch’s sealing key, and others do not wait for it', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('q')
  await store.add('a1')
  await leaveForAWeek(store)
  await using without = await openStore({ like: store.emrInstance, keyIds: ['k2'] })
  await sweep(without)
  expect(await without.redis.zrange(store.keys.pending, '0', '-1')).toEqual(jobs)
  await sweep(store)
  expect((await store.batches.read(batch.batchId))?.view).toMatchObject({ Status: 'Finished', Expired: 1 })
})

test('a reopened item has its new deadline, although its batch is old and another item’s request has expired', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qq')
  const { batchId: BatchId } = batch
  await leaveForAWeek(store)
  const routing = { application: 'demo', BatchId, ItemIndex: 1 }
  await store.redis.zadd(store.keys.pending, Date.now() + HOUR, jobs[1] ?? '')
  await sweep(store)
  expect((await store.batches.read(BatchId))?.view).toMatchObject({ Expired: 1, Queued: 1 })
  expect(await store.end(jobs[1] ?? '', outcomeOf({ routing }))).toBe('recorded')
})

test('an upload that broke off is closed after the configured time: its batch ends and its application is notified', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { redis, keys } = store
  const { batch } = await store.addBatch('r')
  const { batchId: BatchId } = batch
  const silentSince = async (at: number) => {
    await redis.hset(keys.batch(BatchId), 'uploadedAt', at)
    await redis.zadd(keys.receiving, at, BatchId)
  }
  await silentSince(Date.now() - 0.9 * HOUR)
  expect(await sweep(store)).toEqual([])
  await silentSince(Date.now() - 1.1 * HOUR)
  expect(await sweep(store)).toEqual([expect.objectContaining({ batch: BatchId, msg: 'upload.abandoned' })])
  expect((await store.batches.read(BatchId))?.view).toMatchObject({ Status: 'Finished', Abandoned: true })
  const events = await store.events()
  expect(events).toEqual([expect.objectContaining({ BatchId, Round: 1, Application: 'demo' })])
})

/** Every pending job may have been sent in what the store forgot; with the deadlines all passed for `ms`. */
async function forgetSomething(store: Store, ms: number): Promise<void> {
  const { redis, keys } = store
  for (const jobId of await redis.zrange(keys.pending, '0', '-1')) {
    await redis.zadd(keys.pending, Date.now() - ms, jobId)
  }
  await store.jobs.forgot()
}

test('what may have been sent in what the store forgot does not expire unasked: it is queued, waiting items as well', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.queue.remove('a2')
  const { batch, jobs } = await store.addBatch('q')
  await forgetSomething(store, 60_000)
  const lines = await sweep(store)
  expect(lines.filter(({ level }) => level >= 40)).toEqual([])
  expect(await store.redis.zcard(store.keys.pending)).toBe(3)
  for (const jobId of ['a1', 'a2', ...jobs]) expect(await store.queue.getJob(jobId)).toBeDefined()
  expect(await store.batches.states(batch.batchId, 0, 1)).toEqual(['t'])
})

test('without a worker that could ask, what may have been sent in what the store forgot ends in doubt after an hour', async () => {
  await using store = await openStore()
  await store.add('a1')
  await forgetSomething(store, 2 * HOUR)
  await sweep(store)
  expect(await store.jobs.outcome('a1')).toMatchObject({ status: 'OutcomeUnknown' })
})

test('a batch that is cancelled ends what was surely never sent, and queues what the store may have forgotten', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qq')
  await store.batches.received(batch, 2)
  await store.jobs.forgot()
  // asked about, since
  await store.jobs.begin(jobs[1] ?? '', { BatchId: batch.batchId })
  await store.jobs.begin(jobs[1] ?? '', { BatchId: batch.batchId, attempt: 0, as: 'absent' })
  await store.jobs.settle(jobs[1] ?? '', { round: 1, attempt: 1, state: 'rejected', nextInMs: 0, statusCode: 502 })
  await store.batches.cancel(batch)
  await cancelBatches(store.records, () => false)
  expect(await store.batches.states(batch.batchId, 0, 2)).toEqual(['t', 'c'])
  expect(await store.queue.getJob(jobs[0] ?? '')).toBeDefined()
})

test('a job that is set aside while it may have been sent in what the store forgot ends in doubt', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.forgot()
  await setAside(
    { jobId: 'a1', routing: { application: 'demo' }, createdAt: 1_000 },
    { ...store, log: pino({ level: 'silent' }) },
  )
  expect(await store.jobs.outcome('a1')).toMatchObject({ status: 'OutcomeUnknown' })
})
