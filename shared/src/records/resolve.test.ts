import { expect, test } from 'vitest'
import { near, now, openStore, outcomeOf, terms } from './store-under-test.ts'

const inDoubt = outcomeOf({ status: 'OutcomeUnknown', statusCode: 408 })
const found = { status: 'Succeeded', statusCode: 201, result: { EncounterId: 'e1' } } as const
const absent = { status: 'Failed', statusCode: 502, result: {} } as const

test('a person who found the encounter ends the doubt: the job has succeeded, in a round of its own', async () => {
  await using store = await openStore({ announced: ['demo'] })
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.end('a1', inDoubt)
  await store.redis.unlink(store.keys.outbox)
  await store.redis.pexpire(store.keys.outcome('a1'), 1_000)
  using told = await store.listenFor('a1')
  expect(await store.jobs.resolve('a1', 'demo', found)).toBe(true)
  expect(await told.told).toEqual(['a1'])
  expect(await store.jobs.outcome('a1')).toMatchObject({
    status: 'Succeeded',
    statusCode: 201,
    round: 2,
    attempts: 1,
    finishedAt: now(),
    result: { EncounterId: 'e1' },
  })
  const state = await store.state()
  expect(state).not.toHaveProperty('payload:a1')
  expect(Object.keys(state).filter((name) => name.startsWith('ended:'))).toEqual([])
  expect((state['history:a1'] as string[]).map((round): unknown => JSON.parse(round))).toEqual([
    { Round: 1, Status: 'OutcomeUnknown', StatusCode: 408, FinishedAt: now(), Attempts: 1 },
  ])
  const [event] = await store.events()
  expect(event).toEqual({
    JobId: 'a1',
    Round: 2,
    At: now(),
    Status: 'Succeeded',
    StatusCode: 201,
    Application: 'demo',
  })
  expect(await store.ttls()).toMatchObject({ 'outcome:a1': near(terms.result), 'history:a1': near(terms.result) })
})

test('a person who found nothing ends the doubt: the job has failed, can be sent again, and is listed as failed', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.end('a1', inDoubt)
  expect(await store.jobs.resolve('a1', 'demo', absent)).toBe(true)
  expect(await store.state()).toMatchObject({
    'payload:a1': expect.any(String) as string,
    'ended:Failed': { a1: now() },
    'ended:Failed:demo': { a1: now() },
  })
  expect(await store.state()).not.toHaveProperty('ended:OutcomeUnknown')
  expect(await store.state()).not.toHaveProperty('events-out')
  expect(await store.retry('a1')).toBe('reopened')
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', round: 3 })
})

test('the key of a resolved job is kept as long as its new outcome', async () => {
  await using store = await openStore()
  const key = { name: 'key1', fingerprint: 'k1:ab' }
  await store.acceptNamed({ jobId: 'a1', application: 'demo', plain: Buffer.from('x'), idempotency: [key] })
  await store.jobs.begin('a1')
  await store.end('a1', inDoubt)
  await store.redis.pexpire(store.keys.idempotency('key1'), 1_000)
  await store.jobs.resolve('a1', 'demo', found)
  expect(await store.redis.pttl(store.keys.idempotency('key1'))).toEqual(near(terms.result))
})

test('only a doubt can be ended so', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.end('a2')
  const before = await store.everything()
  expect(await store.jobs.resolve('a1', 'demo', found)).toBe(false)
  expect(await store.jobs.resolve('a2', 'demo', found)).toBe(false)
  expect(await store.everything()).toEqual(before)
})

test('the batch of a resolved item counts it anew, and names it in the event', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { batch, jobs } = await store.addBatch('qq')
  const { batchId: BatchId } = batch
  const [jobId = ''] = jobs
  await store.end(jobId, { ...inDoubt, routing: { application: 'demo', BatchId, ItemIndex: 0 } })
  expect(await store.state()).toMatchObject({ [`items:${BatchId}`]: 'uq', [`batch:${BatchId}`]: { u: '1', q: '1' } })
  await store.redis.unlink(store.keys.outbox)
  await store.redis.hset(store.keys.batch(BatchId), 'updatedAt', 1)
  expect(await store.jobs.resolve(jobId, 'demo', found)).toBe(true)
  expect(await store.state()).toMatchObject({
    [`items:${BatchId}`]: 'sq',
    [`batch:${BatchId}`]: { u: '0', s: '1', q: '1', updatedAt: now() },
  })
  const [event] = await store.events()
  expect(event).toMatchObject({ JobId: jobId, BatchId, Round: 2 })
})
