import { expect, test } from 'vitest'
import { inMs, near, now, openStore, outcomeOf, terms, type Store } from './store-under-test.ts'

const sealed = expect.any(String) as string
const routing = { application: 'demo' }
const doubtful = { round: 1, attempt: 1, state: 'unknown', nextInMs: 0, statusCode: 408 } as const

async function historyOf(store: Store): Promise<unknown[]> {
  return (await store.redis.lrange(store.keys.history('a1'), 0, -1)).map((round): unknown => JSON.parse(round))
}

test('a failed job is pending again, counted, with its whole term, and its outcome is history', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.end('a1', outcomeOf())
  await store.redis.set(store.keys.idempotency('a1'), 'print', 'PX', 1_000)
  await store.redis.pexpire(store.keys.payload('a1'), 1_000)
  expect(await store.retry('a1', routing)).toBe('reopened')
  expect(await store.state()).toEqual({
    'payload:a1': sealed,
    'dispatch:a1': { round: '2', attempt: '0', sentAt: now(), firstSentAt: now() },
    'history:a1': [expect.any(String)],
    'idempotency:a1': 'print',
    'jobs:demo': { a1: now() },
    depth: { demo: '1' },
    pending: { a1: inMs(terms.deadline) },
    reopened: { a1: now() },
  })
  expect(await historyOf(store)).toEqual([
    { Round: 1, Status: 'Failed', StatusCode: 400, FinishedAt: now(), Attempts: 1 },
  ])
  expect(await store.ttls()).toMatchObject({
    'payload:a1': near(terms.payload),
    'dispatch:a1': -1,
    'history:a1': near(terms.result),
    'idempotency:a1': -1,
  })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', round: 2, attempt: 1, doubt: false })
})

test('rounds are counted on, and the oldest stands first in the history', async () => {
  await using store = await openStore({ announced: ['demo'] })
  await store.add('a1')
  await store.end('a1', outcomeOf({ statusCode: 400 }))
  await store.retry('a1', routing)
  await store.jobs.begin('a1')
  await store.end('a1', outcomeOf({ statusCode: 502 }))
  await store.retry('a1', routing)
  expect(await historyOf(store)).toMatchObject([
    { Round: 1, StatusCode: 400, Attempts: 0 },
    { Round: 2, StatusCode: 502, Attempts: 1 },
  ])
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', round: 3, attempt: 1 })
  await store.end('a1', outcomeOf())
  const rounds = (await store.events()).map((event) => event && 'Round' in event && event.Round)
  expect(new Set(rounds)).toEqual(new Set([1, 2, 3]))
})

test('a doubt is handed on: the new round asks the EMR before it sends anything', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.redis.hincrby(store.keys.dispatch('a1'), 'sentAt', -60_000)
  await store.jobs.settle('a1', doubtful)
  await store.end('a1', outcomeOf({ status: 'OutcomeUnknown', statusCode: 408 }))
  expect(await store.retry('a1', routing)).toBe('reopened')
  // as if the call of the round before had only been sent, since nothing says when it ended
  expect(await store.jobs.begin('a1')).toMatchObject({
    kind: 'dangling',
    round: 2,
    attempt: 0,
    state: 'unknown',
    sinceMs: near(60_000),
    statusCode: undefined,
  })
  expect(await store.jobs.begin('a1', { attempt: 0, as: 'absent' })).toMatchObject({
    kind: 'go',
    round: 2,
    attempt: 1,
    doubt: false,
  })
  expect(await store.ttls()).toMatchObject({ 'dispatch:a1': -1, 'payload:a1': -1 })
})

test('how often its processes have died counts anew, and a job that BullMQ had counted stays known to it', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  expect(await store.jobs.hasDied('a1')).toBe(false)
  expect(await store.jobs.died('a1', { alone: false })).toBe(0)
  expect(await store.jobs.hasDied('a1')).toBe(true)
  expect(await store.jobs.died('a1', { alone: true })).toBe(1)
  await store.end('a1', outcomeOf())
  expect(await store.jobs.died('a1', { alone: true })).toBe(0)
  const why = 'job stalled more than allowable limit'
  await store.redis.hset(store.keys.queued('a1'), 'stc', 21, 'defa', why, 'failedReason', why)
  await store.retry('a1', routing)
  expect(await store.jobs.hasDied('a1')).toBe(false)
  expect(await store.redis.hmget(store.keys.queued('a1'), 'stc', 'defa', 'failedReason')).toEqual(['1', null, null])
})

test('a job that has Succeeded stays so', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.end('a1', outcomeOf({ status: 'Succeeded' }))
  const before = await store.everything()
  expect(await store.retry('a1', routing)).toBe('succeeded')
  expect(await store.everything()).toEqual(before)
})

test.for(['Cancelled', 'Expired'] as const)(
  'a job that ended as %s begins anew, with its whole term',
  async (status) => {
    await using store = await openStore()
    await store.add('a1')
    await store.redis.zadd(store.keys.pending, 1, 'a1')
    await store.end('a1', outcomeOf({ status }))
    expect(await store.retry('a1', routing)).toBe('reopened')
    expect((await store.state())['pending']).toEqual({ a1: inMs(terms.deadline) })
    expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', round: 2, attempt: 1, doubt: false })
  },
)

test('a job that has not ended, and one whose request is gone, stay as they are', async () => {
  await using store = await openStore()
  await Promise.all([store.add('a1'), store.add('a2')])
  await store.end('a2', outcomeOf())
  await store.redis.unlink(store.keys.payload('a2'))
  const before = await store.everything()
  expect(await store.retry('a1', routing)).toBe('unfinished')
  expect(await store.retry('a2', routing)).toBe('erased')
  expect(await store.everything()).toEqual(before)
})

test('a batch item waits for its turn again, and its batch has not ended any more', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { batch, jobs } = await store.addBatch('qqq')
  const { batchId: BatchId } = batch
  const { redis, keys } = store
  const routed = (ItemIndex: number) => ({ application: 'demo', BatchId, ItemIndex })
  for (const index of [0, 1, 2]) {
    await store.end(
      jobs[index] ?? '',
      outcomeOf({ routing: routed(index), status: index === 1 ? 'Failed' : 'Succeeded' }),
    )
  }
  await store.batches.received(batch, 3)
  await redis.hset(keys.batch(BatchId), { next: 3, createdAt: 77, updatedAt: 5 })
  // as turns.lua leaves it when nothing waits
  await redis.unlink(keys.turns, keys.backlog('demo'))
  await redis.hset(keys.fair, { demo: '4.5', ':now': '3' })
  const own = [keys.batch(BatchId), keys.items(BatchId), keys.prints(BatchId)]
  for (const key of own) await redis.pexpire(key, 1_000)
  expect(await store.retry(jobs[1] ?? '', routed(1))).toBe('lined up')
  const state = await store.state()
  expect(state).toMatchObject({
    [`items:${BatchId}`]: 'sqs',
    'backlog:demo': { [BatchId]: '77' },
    turns: { demo: '4.5' },
    pending: { [jobs[1] ?? '']: inMs(terms.deadline) },
    depth: { demo: '1' },
  })
  expect(state[`batch:${BatchId}`]).toEqual({
    application: 'demo',
    key: 'k1+print',
    createdAt: '77',
    receivedAt: now(),
    updatedAt: now(),
    uploadedAt: now(),
    next: '1',
    round: '2',
    q: '1',
    s: '2',
    f: '0',
  })
  for (const key of own) expect(await redis.pttl(key)).toBe(-1)
  expect(await store.batches.read(BatchId)).toMatchObject({ round: 2, view: { Status: 'Running', Queued: 1 } })
  // its second end is told as that of the second round
  await store.end(jobs[1] ?? '', outcomeOf({ routing: routed(1) }))
  const events = await store.events()
  expect(events).toContainEqual({ BatchId, Round: 2, At: now(), Application: 'demo' })
})

test('a batch that is under way goes on in its round, from where it was or before that', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qrqq')
  const { batchId: BatchId } = batch
  const key = store.keys.batch(BatchId)
  const reopen = async (ItemIndex: number, next: number) => {
    const item = { application: 'demo', BatchId, ItemIndex }
    await store.end(jobs[ItemIndex] ?? '', outcomeOf({ routing: item }))
    await store.redis.hset(key, 'next', next)
    expect(await store.retry(jobs[ItemIndex] ?? '', item)).toBe('lined up')
    return store.redis.hget(key, 'next')
  }
  const keys = [store.keys.batch(BatchId), store.keys.rejections(BatchId), store.keys.prints(BatchId)]
  for (const each of keys) await store.redis.pexpire(each, 1_000)
  expect(await reopen(2, 1)).toBe('1')
  expect(await reopen(2, 2)).toBe('2')
  expect(await reopen(2, 3)).toBe('2')
  expect(await store.redis.hexists(key, 'round')).toBe(0)
  expect((await store.state())[`batch:${BatchId}`]).toMatchObject({ q: '3', f: '0', r: '1' })
  for (const each of keys) expect(await store.redis.pttl(each)).toBe(-1)
})

test('what BullMQ still has of an item’s ended job goes, and of a job that is under way stays', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qqqq')
  const { batchId: BatchId } = batch
  const { redis, keys } = store
  const sets = [keys.completed, keys.failed]
  for (const ItemIndex of [0, 1, 2]) {
    const jobId = jobs[ItemIndex] ?? ''
    const item = { application: 'demo', BatchId, ItemIndex }
    await redis.hset(keys.queued(jobId), 'name', 'x')
    const set = sets[ItemIndex]
    if (set) await redis.zadd(set, 1, jobId)
    await store.end(jobId, outcomeOf({ routing: item }))
    expect(await store.retry(jobId, item)).toBe('lined up')
  }
  expect(await Promise.all(jobs.slice(0, 3).map((jobId) => redis.exists(keys.queued(jobId))))).toEqual([0, 0, 1])
  expect(await redis.exists(keys.completed, keys.failed)).toBe(0)
  // the one that BullMQ does not let go of yet is looked at again
  expect((await store.state())['reopened']).toEqual({ [jobs[2] ?? '']: now() })
})

test('a Retry of an item of a batch whose cancel has ended ends the cancel', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qq')
  const { batchId: BatchId } = batch
  const item = { application: 'demo', BatchId, ItemIndex: 0 }
  await store.batches.received(batch, 2)
  await store.batches.cancel(batch)
  await store.end(jobs[0] ?? '', outcomeOf({ routing: item, status: 'Cancelled' }))
  expect(await store.retry(jobs[0] ?? '', item)).toBe('cancelling')
  const other = { application: 'demo', BatchId, ItemIndex: 1 }
  await store.end(jobs[1] ?? '', outcomeOf({ routing: other, status: 'Cancelled' }))
  await store.redis.zadd(store.keys.cancelling, Date.now(), BatchId)
  expect(await store.retry(jobs[0] ?? '', item)).toBe('lined up')
  expect(await store.state()).not.toHaveProperty('cancelling')
  expect(await store.redis.hmget(store.keys.batch(BatchId), 'cancelledAt', 'finishedAt')).toEqual([null, null])
})

test('an item whose batch is no longer kept is reopened as a job of its own', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('q')
  const { batchId: BatchId } = batch
  const item = { application: 'demo', BatchId, ItemIndex: 0 }
  await store.end(jobs[0] ?? '', outcomeOf({ routing: item }))
  await store.redis.unlink(store.keys.batch(BatchId), store.keys.items(BatchId), store.keys.prints(BatchId))
  expect(await store.retry(jobs[0] ?? '', item)).toBe('reopened')
  expect(await store.redis.exists(store.keys.batch(BatchId), store.keys.items(BatchId))).toBe(0)
  expect((await store.state())['reopened']).toEqual({ [jobs[0] ?? '']: now() })
})

test('a key’s record, under its own name, has no term from acceptance to outcome, in each round', async () => {
  await using store = await openStore()
  const { acceptNamed, redis, keys } = store
  const key = { name: 'key1', fingerprint: 'k1:ab' }
  const request = { jobId: 'a1', application: 'demo', plain: Buffer.from('x'), idempotency: [key] }
  await acceptNamed(request)
  const term = () => redis.pttl(keys.idempotency('key1'))
  expect(await redis.get(keys.idempotency('key1'))).toBe('a1 k1:ab')
  expect(await term()).toBe(-1)
  await store.jobs.begin('a1')
  await store.end('a1', outcomeOf())
  expect(await term()).toEqual(near(terms.result))
  expect(await store.retry('a1', routing)).toBe('reopened')
  expect(await term()).toBe(-1)
  expect(await acceptNamed({ ...request, jobId: 'a2' })).toMatchObject({ kind: 'known', jobId: 'a1' })
  await store.jobs.begin('a1')
  await store.end('a1', outcomeOf({ status: 'Succeeded' }))
  expect(await term()).toEqual(near(terms.result))
})
