import { expect, test } from 'vitest'
import { near, openStore, outcomeOf, terms, type Store } from './store-under-test.ts'

const plain = Buffer.from('x')
const print = (text: string) => text.padEnd(43, '0')

/** Accepts a request with an Idempotency-Key whose record has this name; `others`: under older sealing keys. */
const acceptUnder = (store: Store, jobId: string, name: string, content = 'content', others: string[] = []) =>
  store.acceptNamed({
    jobId,
    application: 'demo',
    plain,
    idempotency: [name, ...others].map((each) => ({ name: each, fingerprint: print(content) })),
  })

test('a key names its job and content; its record has no term until the job has ended', async () => {
  await using store = await openStore()
  expect(await acceptUnder(store, 'a1', 'key')).toMatchObject({ kind: 'new', jobId: 'a1' })
  expect(await store.state()).toMatchObject({
    'idempotency:key': `a1 ${print('content')}`,
    'dispatch:a1': { key: 'key' },
  })
  expect(await store.ttls()).toMatchObject({ 'idempotency:key': -1 })
  await store.end('a1')
  expect(await store.ttls()).toMatchObject({ 'idempotency:key': near(terms.result) })
})

test('a key that is known gives its job, pending or ended, and tells whether the content is the same', async () => {
  await using store = await openStore()
  await acceptUnder(store, 'a1', 'key')
  const pending = await store.everything()
  expect(await acceptUnder(store, 'a2', 'key')).toMatchObject({ kind: 'known', jobId: 'a1', sameContent: true })
  expect(await acceptUnder(store, 'a3', 'key', 'other')).toMatchObject({
    kind: 'known',
    jobId: 'a1',
    sameContent: false,
  })
  expect(await store.everything()).toEqual(pending)
  await store.end('a1', outcomeOf({ status: 'Succeeded' }))
  expect(await acceptUnder(store, 'a2', 'key')).toMatchObject({ kind: 'known', jobId: 'a1' })
})

test('simultaneous requests under one key are one job', async () => {
  await using store = await openStore()
  const accepted = await Promise.all(['a1', 'a2', 'a3'].map((jobId) => acceptUnder(store, jobId, 'key')))
  expect(accepted.map(({ kind, jobId }) => [kind, jobId])).toEqual([
    ['new', 'a1'],
    ['known', 'a1'],
    ['known', 'a1'],
  ])
  expect(await store.state()).toMatchObject({ depth: { demo: '1' } })
})

test('a key is known by any of its records, the first one that is valid, and the next request is read where it begins', async () => {
  await using store = await openStore()
  await acceptUnder(store, 'a1', 'old')
  await acceptUnder(store, 'a2', 'older')
  const [first, second] = await Promise.all([
    acceptUnder(store, 'b1', 'new', 'content', ['gone', 'old', 'older']),
    acceptUnder(store, 'b2', 'unused', 'content', ['gone']),
  ])
  expect(first).toMatchObject({ kind: 'known', jobId: 'a1' })
  expect(second).toMatchObject({ kind: 'new', jobId: 'b2' })
})

test('a record whose job is neither pending nor kept says nothing: the key is used anew', async () => {
  await using store = await openStore()
  await acceptUnder(store, 'a1', 'key')
  await store.redis.zrem(store.keys.pending, 'a1')
  expect(await acceptUnder(store, 'a2', 'key')).toMatchObject({ kind: 'new', jobId: 'a2' })
  expect(await store.state()).toMatchObject({ 'idempotency:key': `a2 ${print('content')}` })
})

test('a record of an older version, which holds the fingerprint alone under its JobId, is known', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.redis.set(`${store.keys.base}:idempotency:a1`, print('content'))
  expect(await acceptUnder(store, 'a2', 'a1')).toMatchObject({ kind: 'known', jobId: 'a1', sameContent: true })
})

test.for(['completed', 'failed'] as const)(
  'a JobId that only BullMQ remembers, as %s, is queued again',
  async (where) => {
    await using store = await openStore()
    await store.redis.hset(store.keys.queued('a1'), 'name', 'left over')
    await store.redis.zadd(store.keys[where], 1, 'a1')
    await acceptUnder(store, 'a1', 'key')
    expect(await store.redis.lrange(store.keys.wait, 0, -1)).toEqual(['a1'])
    expect(await store.redis.zcard(store.keys[where])).toBe(0)
    expect(await store.redis.hget(store.keys.queued('a1'), 'name')).not.toBe('left over')
  },
)

test('a job ends as cancelled with its batch only if that was cancelled, and only if it was surely never sent', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qq')
  const [sent = '', waiting = ''] = jobs
  const cancelled = (index: number) =>
    outcomeOf({
      status: 'Cancelled',
      statusCode: 409,
      routing: { application: 'demo', BatchId: batch.batchId, ItemIndex: index },
    })
  expect(await store.end(waiting, cancelled(1), 'cancelledWithBatch')).toBe('superseded')
  await store.jobs.begin(sent, { BatchId: batch.batchId })
  await store.redis.hset(store.keys.batch(batch.batchId), 'cancelledAt', Date.now())
  expect(await store.end(sent, cancelled(0), 'cancelledWithBatch')).toBe('dispatched')
  expect(await store.end(waiting, cancelled(1), 'cancelledWithBatch')).toBe('recorded')
})

test('an item cannot be opened again while its batch is being cancelled', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('q')
  const routing = { application: 'demo', BatchId: batch.batchId, ItemIndex: 0 }
  await store.end(jobs[0] ?? '', outcomeOf({ routing }))
  await store.redis.hset(store.keys.batch(batch.batchId), 'cancelledAt', Date.now())
  expect(await store.retry(jobs[0] ?? '', routing)).toBe('cancelling')
  await store.redis.hset(store.keys.batch(batch.batchId), 'finishedAt', Date.now())
  expect(await store.retry(jobs[0] ?? '', routing)).toBe('lined up')
})
