import { expect, test } from 'vitest'
import type { RoutedJob } from './routing.ts'
import { near, openStore, outcomeOf, type Store } from './store-under-test.ts'

/** Copies all that is kept of the connection; `restore` replaces it by the copy, as a failover or a backup does. */
async function copyOf({ redis, keys }: Store) {
  const names = async () => redis.keys(`${keys.base}:*`)
  const copied = await Promise.all(
    (await names()).map(async (name) => ({ name, dump: await redis.dumpBuffer(name), ttl: await redis.pttl(name) })),
  )
  return async function restore() {
    await redis.unlink(...(await names()))
    for (const { name, dump, ttl } of copied) if (dump) await redis.restore(name, Math.max(ttl, 0), dump)
  }
}

const kindOf = async (store: Store, jobId: string) => (await store.jobs.begin(jobId)).kind

test('a job begun in what the store forgot is asked about before it is sent, and so is one that waited beside it', async () => {
  await using store = await openStore()
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  const restore = await copyOf(store)
  expect(await kindOf(store, 'a1')).toBe('go')
  await restore()
  const begun = { kind: 'dangling', attempt: 0, state: 'unknown', suspected: true, doubt: true }
  expect(await store.jobs.begin('a1')).toMatchObject(begun)
  expect(await store.jobs.begin('a2')).toMatchObject(begun)
  expect((await store.ttls())['payload:a1']).toBe(-1)
  // until somebody has asked, also after a restart; then it is sent, and nobody asks again
  expect(await kindOf(store, 'a1')).toBe('dangling')
  expect(await store.jobs.begin('a1', { attempt: 0, as: 'absent' })).toMatchObject({
    kind: 'go',
    attempt: 1,
    doubt: false,
  })
  await store.jobs.settle('a1', { round: 1, attempt: 1, state: 'rejected', nextInMs: 0, statusCode: 502 })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', attempt: 2 })
})

test('a store that forgets a second time is asked about a second time, and no more often', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  const restore = await copyOf(store)
  expect(await kindOf(store, 'a1')).toBe('go')
  await restore()
  expect(await kindOf(store, 'a1')).toBe('dangling')
  expect((await store.jobs.begin('a1', { attempt: 0, as: 'absent' })).kind).toBe('go')
  await store.jobs.settle('a1', { round: 1, attempt: 1, state: 'rejected', nextInMs: 0, statusCode: 502 })
  expect(await store.redis.hget(store.keys.moves, 'generation')).toBe('1')
  const again = await copyOf(store)
  expect(await kindOf(store, 'a1')).toBe('go')
  await again()
  expect(await kindOf(store, 'a1')).toBe('dangling')
  expect(await store.redis.hget(store.keys.moves, 'generation')).toBe('2')
})

test('a doubt that was settled in what the store forgot is asked about again, also by who settled it', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.jobs.settle('a1', { round: 1, attempt: 1, state: 'unknown', nextInMs: 0, statusCode: 408 })
  await store.redis.hincrby(store.keys.dispatch('a1'), 'endedAt', -60_000)
  const restore = await copyOf(store)
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'absent' })).toMatchObject({ kind: 'go', attempt: 2 })
  await restore()
  // the second attempt may still be under way
  const begun = { kind: 'dangling', attempt: 1, state: 'unknown', sinceMs: near(0) }
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'absent' })).toMatchObject(begun)
})

test('an end that the store forgot is noticed as well, and by a process that has seen it', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.jobs.begin('a1')
  const restore = await copyOf(store)
  await store.end('a1')
  await restore()
  expect(await kindOf(store, 'a2')).toBe('dangling')
})

test('a store that forgot nothing asks about nothing, however many processes begin and end jobs', async () => {
  await using store = await openStore()
  await using other = await openStore({ like: store.emrInstance })
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  expect([await kindOf(store, 'a1'), await kindOf(other, 'a2'), await kindOf(store, 'a3')]).toEqual(['go', 'go', 'go'])
})

test('what is accepted afterwards is sent at once, unless its Idempotency-Key may have led to a forgotten job', async () => {
  await using store = await openStore()
  await store.add('a1')
  const restore = await copyOf(store)
  await store.jobs.begin('a1')
  await restore()
  expect(await kindOf(store, 'a1')).toBe('dangling')
  await store.add('b1')
  await store.acceptNamed({
    jobId: 'c1',
    application: 'demo',
    plain: Buffer.from('c1'),
    idempotency: [{ name: 'n1', fingerprint: 'f1' }] as never,
  })
  expect([await kindOf(store, 'b1'), await kindOf(store, 'c1')]).toEqual(['go', 'dangling'])
})

test('an operator who has restored a copy says so, where no process has seen more', async () => {
  await using store = await openStore()
  await store.add('a1')
  const restore = await copyOf(store)
  await store.jobs.begin('a1')
  await restore()
  await using restarted = await openStore({ like: store.emrInstance })
  expect(await restarted.jobs.forgot()).toBe(1)
  expect(await kindOf(restarted, 'a1')).toBe('dangling')
})

const item = (batchId: string, ItemIndex: number) => ({ application: 'demo', BatchId: batchId, ItemIndex })
const cancelling = (job: RoutedJob, store: Store) => store.jobs.cancel(job, { onlyIf: 'undispatched', queued: true })
const single = (jobId: string): RoutedJob => ({ jobId, routing: { application: 'demo' }, createdAt: 1_000 })
/** The generation that a job must have been asked about in is the current one. */
const askAndFindNothing = async (store: Store, jobId: string, about: { BatchId?: string } = {}) => {
  const begun = await store.jobs.begin(jobId, about)
  expect(begun).toMatchObject({ kind: 'dangling', suspected: true })
  return store.jobs.begin(jobId, { ...about, attempt: 0, as: 'absent' })
}

test('no cancel and no expiry ends a job as never sent while it may have been sent in what the store forgot', async () => {
  await using store = await openStore()
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  const restore = await copyOf(store)
  expect(await kindOf(store, 'a1')).toBe('go')
  await restore()
  await store.jobs.compare()
  expect(await cancelling(single('a1'), store)).toBe('dispatched')
  await store.redis.zadd(store.keys.pending, 1_000, 'a2')
  expect(await store.end('a2', outcomeOf({ status: 'Expired' }), 'undispatched')).toBe('dispatched')
  expect(await store.jobs.lastCall(single('a3'))).toMatchObject({ inDoubt: true, call: { round: 1, attempt: 0 } })
  // once the EMR was asked, it is known
  expect(await askAndFindNothing(store, 'a3')).toMatchObject({ kind: 'go' })
  await store.jobs.settle('a3', { round: 1, attempt: 1, state: 'rejected', nextInMs: 0, statusCode: 502 })
  expect(await store.jobs.lastCall(single('a3'))).toMatchObject({ inDoubt: false })
  expect(await cancelling(single('a3'), store)).toBe('recorded')
})

test('a process that notices the loss itself, by a cancel, does not end the job as never sent', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  const restore = await copyOf(store)
  expect(await cancelling(single('a2'), store)).toBe('recorded')
  await restore()
  expect(await cancelling(single('a1'), store)).toBe('dispatched')
})

test('an item of a batch that is cancelled is queued for the question, although it gets no turn any more', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qq')
  await store.batches.received(batch, 2)
  const [first = '', second = ''] = jobs
  const restore = await copyOf(store)
  expect(await store.jobs.begin(first, { BatchId: batch.batchId })).toMatchObject({ kind: 'go' })
  await restore()
  await store.jobs.compare()
  await store.batches.cancel(batch)
  const routed = { jobId: first, routing: item(batch.batchId, 0), createdAt: 1_000 }
  expect(await store.jobs.cancel(routed, { onlyIf: 'cancelledWithBatch', queued: false })).toBe('dispatched')
  await store.jobs.queueNow(routed)
  await store.jobs.queueNow(routed)
  expect(await store.batches.states(batch.batchId, 0, 2)).toEqual(['t', 'q'])
  expect((await store.batches.read(batch.batchId))?.view).toMatchObject({ Queued: 1, Running: 1 })
  expect((await store.queue.getJob(first))?.data).toEqual(item(batch.batchId, 0))
  expect(await store.queue.getJob(second)).toBeUndefined()
  // the EMR has nothing: now it is cancelled
  expect(await askAndFindNothing(store, first, { BatchId: batch.batchId })).toEqual({ kind: 'cancelled' })
  expect(await store.jobs.cancel(routed, { onlyIf: 'cancelledWithBatch', queued: true })).toBe('recorded')
})

test('a Retry of a job that ended before the store forgot asks, since the store may have forgotten another Retry', async () => {
  await using store = await openStore()
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  for (const job of ['a1', 'a2']) await store.end(job, outcomeOf({ status: 'Cancelled' }))
  const restore = await copyOf(store)
  expect(await store.retry('a1')).toBe('reopened')
  expect(await kindOf(store, 'a1')).toBe('go')
  await restore()
  await store.jobs.compare()
  expect(await store.retry('a1')).toBe('reopened')
  expect(await cancelling(single('a1'), store)).toBe('dispatched')
  expect(await askAndFindNothing(store, 'a1')).toMatchObject({ kind: 'go', round: 2 })
  // unless a person has made sure, or it ended afterwards
  expect(await store.jobs.retry(single('a2'), { absent: true })).toBe('reopened')
  expect(await kindOf(store, 'a2')).toBe('go')
  await askAndFindNothing(store, 'a3')
  await store.redis.hset(store.keys.moves, 'forgotAt', Date.now() - 60_000)
  await store.end('a3')
  expect(await store.retry('a3')).toBe('reopened')
  expect(await kindOf(store, 'a3')).toBe('go')
})

test('a batch that was forgotten and is sent again under its Idempotency-Key is asked about item by item', async () => {
  await using store = await openStore()
  const restore = await copyOf(store)
  const send = async () => {
    const { batch } = await store.batches.batchOf('demo', 'key of the batch')
    return store.addBatch('q', 'demo', 0, batch)
  }
  const first = await send()
  expect(await store.jobs.begin(first.jobs[0] ?? '', { BatchId: first.batch.batchId })).toMatchObject({ kind: 'go' })
  await restore()
  await store.jobs.compare()
  const again = await send()
  expect(again.jobs).toEqual(first.jobs)
  await askAndFindNothing(store, again.jobs[0] ?? '', { BatchId: again.batch.batchId })
  // no other batch is
  const other = await store.addBatch('q')
  expect(await store.jobs.begin(other.jobs[0] ?? '', { BatchId: other.batch.batchId })).toMatchObject({ kind: 'go' })
})
