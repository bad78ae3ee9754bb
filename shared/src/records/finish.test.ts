import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { near, now, openStore, outcomeOf, terms } from './store-under-test.ts'

const sealed = expect.any(String) as string
const doubtful = { round: 1, attempt: 1, state: 'unknown', nextInMs: 0, statusCode: 408 } as const

test('a success is all that is left of a job, and erases its request', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  const outcome = outcomeOf({ status: 'Succeeded', statusCode: 201, recovered: true, result: { EncounterId: 'e1' } })
  expect(await store.end('a1', outcome)).toBe('recorded')
  expect(await store.state()).toEqual({
    'outcome:a1': {
      finishedAt: now(),
      attempts: '1',
      round: '1',
      mark: 'dispatching',
      sentAt: now(),
      firstSentAt: now(),
      status: 'Succeeded',
      statusCode: '201',
      application: 'demo',
      createdAt: '1000',
      maxAttempts: '5',
      recovered: '1',
      result: sealed,
    },
    'jobs:demo': { a1: now() },
    depth: { demo: '0' },
  })
  expect(await store.ttls()).toMatchObject({ 'outcome:a1': near(terms.result) })
  expect(await store.jobs.outcome('a1')).toMatchObject({ recovered: true, result: { EncounterId: 'e1' } })
})

test('a failure keeps the request for its term, and nothing of the call', async () => {
  await using store = await openStore()
  await store.add('a1')
  expect(await store.end('a1', outcomeOf())).toBe('recorded')
  expect(await store.state()).toEqual({
    'outcome:a1': expect.objectContaining({
      attempts: '0',
      round: '1',
      mark: '',
      sentAt: '0',
      recovered: '0',
    }) as object,
    'payload:a1': sealed,
    'jobs:demo': { a1: now() },
    'ended:Failed': { a1: now() },
    'ended:Failed:demo': { a1: now() },
    depth: { demo: '0' },
  })
  expect(await store.ttls()).toMatchObject({
    'outcome:a1': near(terms.result),
    'payload:a1': near(terms.failedPayload),
  })

  await store.add('a2')
  await store.jobs.begin('a2')
  await store.end('a2', outcomeOf())
  expect(await store.state()).toHaveProperty('payload:a2')
  expect(await store.state()).not.toHaveProperty('dispatch:a2')
})

test('a job ends once, and one that was never accepted not at all', async () => {
  await using store = await openStore({ announced: ['demo'] })
  await store.add('a1')
  await store.end('a1', outcomeOf())
  const ended = await store.everything()
  expect(await store.end('a1', outcomeOf({ status: 'Succeeded' }))).toBe('already')
  expect(await store.end('a0', outcomeOf())).toBe('unaccepted')
  expect(await store.everything()).toEqual(ended)
})

test.for(['dispatching', 'unknown', 'doubt'] as const)(
  'what ends only jobs that the EMR surely has nothing of leaves one that is %s alone',
  async (how) => {
    await using store = await openStore()
    await store.add('a1')
    await store.jobs.begin('a1')
    if (how !== 'dispatching') await store.jobs.settle('a1', doubtful)
    if (how === 'doubt') {
      await store.jobs.begin('a1', { attempt: 1, as: 'resend' })
      await store.jobs.settle('a1', { ...doubtful, attempt: 2, state: 'rejected' })
    }
    const before = await store.everything()
    expect(await store.end('a1', outcomeOf({ status: 'Expired' }), 'undispatched')).toBe('dispatched')
    expect(await store.everything()).toEqual(before)
  },
)

test.for(['never called', 'rejected', 'unspent'] as const)(
  'what ends only jobs that the EMR surely has nothing of ends one that is %s',
  async (how) => {
    await using store = await openStore()
    await store.add('a1')
    if (how !== 'never called') {
      await store.jobs.begin('a1')
      await store.jobs.settle('a1', { ...doubtful, state: how })
    }
    expect(await store.end('a1', outcomeOf({ status: 'Cancelled' }), 'undispatched')).toBe('recorded')
  },
)

test('a job does not expire before its deadline: whoever saw it overdue was held up while a Retry gave it a new one', async () => {
  await using store = await openStore()
  await store.add('a1')
  const before = await store.everything()
  expect(await store.end('a1', outcomeOf({ status: 'Expired' }), 'undispatched')).toBe('superseded')
  expect(await store.everything()).toEqual(before)
  await store.redis.zadd(store.keys.pending, Date.now() - 1_000, 'a1')
  expect(await store.end('a1', outcomeOf({ status: 'Expired' }), 'undispatched')).toBe('recorded')
})

test('an attempt ends its job only while it is the newest', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.jobs.settle('a1', { ...doubtful, state: 'rejected' })
  await store.jobs.begin('a1')
  const before = await store.everything()
  for (const call of [
    { round: 1, attempt: 1 },
    { round: 2, attempt: 2 },
    { round: 1, attempt: 3 },
  ]) {
    expect(await store.end('a1', outcomeOf(), call)).toBe('superseded')
  }
  expect(await store.everything()).toEqual(before)
  expect(await store.end('a1', outcomeOf(), { round: 1, attempt: 2 })).toBe('recorded')
  expect(await store.jobs.outcome('a1')).toMatchObject({ attempts: 2 })
})

test('a job that was never called ends under the name of attempt 0 of round 1', async () => {
  await using store = await openStore()
  await store.add('a1')
  expect(await store.end('a1', outcomeOf(), { round: 1, attempt: 1 })).toBe('superseded')
  expect(await store.end('a1', outcomeOf(), { round: 1, attempt: 0 })).toBe('recorded')
})

test('a doubt that nothing has settled is kept with the outcome, whatever the last attempt came to', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.jobs.settle('a1', doubtful)
  await store.jobs.begin('a1', { attempt: 1, as: 'resend' })
  await store.jobs.settle('a1', { ...doubtful, attempt: 2, state: 'rejected' })
  await store.end('a1', outcomeOf({ status: 'OutcomeUnknown' }))
  expect((await store.state())['outcome:a1']).toMatchObject({ mark: 'unknown', attempts: '2', sentAt: now() })
})

test('whoever wants to be told finds the event in the outbox, in the order of the ends, and nobody else does', async () => {
  await using store = await openStore({ announced: ['demo'] })
  for (const jobId of ['a1', 'a3']) await store.add(jobId)
  await store.add('a2', 'other')
  await store.end('a1', outcomeOf({ status: 'Succeeded', statusCode: 201 }))
  await store.end('a2', outcomeOf({ routing: { application: 'other' } }))
  const routing = { application: 'demo', BatchId: 'b1' }
  await store.end('a3', outcomeOf({ routing }))
  const event = { Round: 1, At: now(), Application: 'demo' }
  expect(await store.events()).toEqual([
    { ...event, JobId: 'a1', Status: 'Succeeded', StatusCode: 201 },
    { ...event, JobId: 'a3', Status: 'Failed', StatusCode: 400, BatchId: 'b1' },
  ])
  expect((await store.events()).map((event) => event?.At)).toEqual([now(), now()])
})

test('whoever waits is told on the channel', async () => {
  await using store = await openStore()
  await store.add('a1')
  using listening = await store.listenFor('a1')
  await store.end('a1', outcomeOf())
  expect(await listening.told).toEqual(['a1'])
})

test('each application’s count goes down by what ended of its own, and never below nought', async () => {
  await using store = await openStore()
  await Promise.all([
    store.add('a1'),
    store.add('a2'),
    store.add('a3', 'other'),
    store.add('a4'),
    store.add('a5', 'third'),
  ])
  // accepted before counts were kept
  await store.redis.hset(store.keys.depth, 'other', 0)
  const of = (application: string) => outcomeOf({ routing: { application } })
  await Promise.all([
    store.end('a1', of('demo')),
    store.end('a2', of('demo')),
    store.end('a3', of('other')),
    store.end('a0', of('third')),
  ])
  expect((await store.state())['depth']).toEqual({ demo: '1', other: '0', third: '1' })
})

test('what fails for one of the jobs that end together fails for it alone', async () => {
  await using store = await openStore()
  await Promise.all(['a1', 'a2', 'a3'].map((jobId) => store.add(jobId)))
  await store.redis.set(store.keys.dispatch('a2'), 'no hash')
  const finished = await Promise.allSettled(['a1', 'a2', 'a3'].map((jobId) => store.end(jobId, outcomeOf())))
  expect(finished).toMatchObject([{ value: 'recorded' }, { status: 'rejected' }, { value: 'recorded' }])
  expect((await store.state())['depth']).toEqual({ demo: '1' })
  expect((await store.state())['pending']).toEqual({ a2: expect.any(Number) as number })
})

test('an EMR searched by likeness: an encounter is one job’s for as long as outcomes are kept', async () => {
  await using store = await openStore({ keyIds: ['k1', 'k2'] })
  await Promise.all(['a1', 'a2', 'a3'].map((jobId) => store.add(jobId)))
  const created = outcomeOf({ status: 'Succeeded', statusCode: 201, claims: true, result: { EncounterId: 'e1' } })
  expect(await store.end('a1', created)).toBe('recorded')
  const [own, older] = store.sealingKeys.map(({ derivationSecret }) =>
    createHmac('sha256', derivationSecret).update('e1').digest('base64url'),
  )
  expect(await store.state()).toMatchObject({ [`claim:${own}`]: 'a1', [`claim:${older}`]: 'a1' })
  expect(await store.ttls()).toMatchObject({
    [`claim:${own}`]: near(terms.result),
    [`claim:${older}`]: near(terms.result),
  })
  const before = await store.everything()
  expect(await store.end('a2', created)).toBe('claimed')
  expect(await store.everything()).toEqual(before)
  // one that was claimed before the rotation is found under the older key
  await store.redis.unlink(`${store.keys.base}:claim:${own}`)
  expect(await store.end('a2', created)).toBe('claimed')
  expect(await store.state()).not.toHaveProperty(`claim:${own}`)
  await store.redis.set(`${store.keys.base}:claim:${own}`, 'a3')
  await store.redis.unlink(`${store.keys.base}:claim:${older}`)
  expect(await store.end('a3', created)).toBe('recorded')
})

test.for([
  ['Succeeded', 's'],
  ['Failed', 'f'],
  ['OutcomeUnknown', 'u'],
  ['Cancelled', 'c'],
  ['Expired', 'x'],
] as const)('an item that ends as %s is counted as such', async ([status, letter]) => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qqq')
  const { batchId: BatchId } = batch
  const routing = { application: 'demo', BatchId, ItemIndex: 1 }
  await store.redis.hset(store.keys.batch(BatchId), 'updatedAt', 5)
  if (status === 'Expired') await store.redis.zadd(store.keys.pending, 1, jobs[1] ?? '')
  expect(await store.end(jobs[1] ?? '', outcomeOf({ status, routing }))).toBe('recorded')
  const state = await store.state()
  expect(state[`items:${BatchId}`]).toBe(`q${letter}q`)
  expect(state[`batch:${BatchId}`]).toMatchObject({ q: '2', [letter]: '1', updatedAt: now() })
  expect(state[`batch:${BatchId}`]).not.toHaveProperty('finishedAt')
  expect(state[`outcome:${jobs[1]}`]).toMatchObject({ BatchId, ItemIndex: '1', status })
})

test('an item whose turn has come is counted off what was taken; one that was ended before is not counted again', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qq')
  const { batchId: BatchId } = batch
  await store.redis.set(store.keys.items(BatchId), 'ts')
  await store.redis.hset(store.keys.batch(BatchId), { q: 0, t: 1, s: 1 })
  for (const ItemIndex of [0, 1]) {
    const routing = { application: 'demo', BatchId, ItemIndex }
    expect(await store.end(jobs[ItemIndex] ?? '', outcomeOf({ routing }))).toBe('recorded')
  }
  const state = await store.state()
  expect(state[`items:${BatchId}`]).toBe('fs')
  expect(state[`batch:${BatchId}`]).toMatchObject({ q: '0', t: '0', s: '1', f: '1' })
})

test('the last item ends its batch, which is told of once if its application wants to be told', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { batch, jobs } = await store.addBatch('qqr')
  const { batchId: BatchId } = batch
  await store.batches.received(batch, 3)
  const finish = (ItemIndex: number) =>
    store.end(jobs[ItemIndex] ?? '', outcomeOf({ routing: { application: 'demo', BatchId, ItemIndex } }))
  await finish(1)
  expect(await store.batches.read(BatchId)).toMatchObject({ view: { Status: 'Running', Queued: 1, Failed: 1 } })
  await finish(0)
  expect(await store.batches.read(BatchId)).toMatchObject({ view: { Status: 'Finished', Queued: 0, Failed: 2 } })
  expect((await store.state())[`batch:${BatchId}`]).toMatchObject({ finishedAt: now() })
  const events = await store.events()
  expect(events).toHaveLength(3)
  expect(events).toContainEqual({ BatchId, Round: 1, At: now(), Application: 'demo' })
})

test('the end of a batch whose application has no endpoint is told on the channel alone', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('q')
  const { batchId: BatchId } = batch
  await store.batches.received(batch, 1)
  using listening = await store.listenFor(BatchId, jobs[0] ?? '')
  const routing = { application: 'demo', BatchId, ItemIndex: 0 }
  await store.end(jobs[0] ?? '', outcomeOf({ routing }))
  expect(await listening.told).toEqual([BatchId, jobs[0]])
  expect(await store.events()).toEqual([])
})
