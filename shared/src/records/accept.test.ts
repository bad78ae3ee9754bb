import { expect, test } from 'vitest'
import { inMs, near, now, openStore, outcomeOf, terms } from './store-under-test.ts'

const sealed = expect.any(String) as string
const plain = Buffer.from('x')

test('a job is a sealed payload, a place by deadline and one by age, a count, and a job of BullMQ’s', async () => {
  await using store = await openStore()
  expect(await store.add('a1')).toEqual({ kind: 'new', jobId: 'a1', acceptedAt: now() })
  expect(await store.state()).toEqual({
    'payload:a1': sealed,
    'jobs:demo': { a1: now() },
    depth: { demo: '1' },
    pending: { a1: inMs(terms.deadline) },
  })
  expect(await store.ttls()).toMatchObject({ 'payload:a1': near(terms.payload), pending: -1, 'jobs:demo': -1 })
  const stored = await store.redis.getBuffer(store.keys.payload('a1'))
  expect(store.jobs.openPayload('a1', 'demo', stored ?? plain).toString()).toBe('request of a1')
  expect((await store.queue.getJob('a1'))?.data).toEqual({ application: 'demo' })
  expect(await store.redis.lrange(store.keys.wait, 0, -1)).toEqual(['a1'])
})

test('jobs that come together are each stored, and counted for their own application', async () => {
  await using store = await openStore()
  await Promise.all([store.add('a1'), store.add('a2', 'other'), store.add('a3')])
  expect(await store.state()).toEqual({
    'payload:a1': sealed,
    'payload:a2': sealed,
    'payload:a3': sealed,
    'jobs:demo': { a1: now(), a3: now() },
    'jobs:other': { a2: now() },
    depth: { demo: '2', other: '1' },
    pending: { a1: inMs(terms.deadline), a2: inMs(terms.deadline), a3: inMs(terms.deadline) },
  })
  expect((await store.queue.getJob('a2'))?.data).toEqual({ application: 'other' })
  expect((await store.queue.getJob('a3'))?.data).toEqual({ application: 'demo' })
  expect(await store.redis.lrange(store.keys.wait, 0, -1)).toEqual(['a3', 'a2', 'a1'])
})

test('the same request sent to Redis twice is one job, and none once it has ended', async () => {
  await using store = await openStore()
  await store.add('a1')
  const once = await store.everything()
  expect(await store.add('a1')).toMatchObject({ kind: 'new', jobId: 'a1' })
  expect(await store.everything()).toEqual(once)
  await store.end('a1', outcomeOf({ status: 'Succeeded' }))
  const ended = await store.everything()
  expect(await store.add('a1')).toMatchObject({ kind: 'new', jobId: 'a1' })
  expect(await store.everything()).toEqual(ended)
})
