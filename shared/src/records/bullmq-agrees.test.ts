import { expect, test } from 'vitest'
import { BEHIND_SINGLE_REQUESTS } from './queue.ts'
import { CREATE_ENCOUNTER, inOneTransaction, JOB_OPTIONS } from './queue.ts'
import { openStore, type Store } from './store-under-test.ts'

/**
 * We add jobs by BullMQ's own script (accept.lua) and by its own transaction (queue.ts), past its public functions. What then lies in
 * Redis must be what its public functions store, field by field and key by key: an upgrade that changes this fails here.
 */

const AT = 1_795_000_000_000

/** All that BullMQ has in Redis: the keys that are not ours, with their types. */
async function bullMqKeys(store: Store): Promise<Record<string, unknown>> {
  const all = Object.entries(await store.everything())
  const ours = Object.keys(await store.state())
  const names = all.filter(([name]) => !ours.includes(name))
  const types = await Promise.all(names.map(([name]) => store.redis.type(`${store.keys.base}:${name}`)))
  return Object.fromEntries(
    names.map(([name, value], at) => [name, { type: types[at], value: withOptionsRead(value) }]),
  )
}

/**
 * The order in which msgpack and JSON name options is nothing to compare. That BullMQ keeps a job's id and time among its options too
 * is the one difference there is: nothing reads them there, and without them a job takes 500 bytes less (JOB_OPTIONS).
 */
function withOptionsRead(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('opts' in value)) return value
  const { jobId: _jobId, timestamp: _timestamp, ...opts } = JSON.parse(String(value.opts)) as Record<string, unknown>
  return { ...value, opts }
}

/** Adds jobs by BullMQ's public function, as a queue of its own would. */
async function addByBullMq(store: Store, jobIds: readonly string[], options: { priority?: number } = {}) {
  for (const jobId of jobIds) {
    await store.queue.add(CREATE_ENCOUNTER, { application: 'demo' }, { ...options, jobId, timestamp: AT })
  }
}

/** In place of the moment at which accept.lua was called. */
async function withTimeOf(store: Store, jobIds: readonly string[]): Promise<Record<string, unknown>> {
  for (const jobId of jobIds) await store.redis.hset(store.keys.queued(jobId), 'timestamp', AT)
  return bullMqKeys(store)
}

test('what accept.lua stores for a job is what queue.add stores for it', async () => {
  await using theirs = await openStore()
  await using ours = await openStore()
  const jobIds = ['a1', 'a2']
  await addByBullMq(theirs, jobIds)
  for (const jobId of jobIds) await ours.add(jobId)
  const stored = await bullMqKeys(theirs)
  expect(await withTimeOf(ours, jobIds)).toEqual(stored)
  // and it is all that we have looked at when this was written
  expect(Object.keys(stored)).toEqual(['a1', 'a2', 'events', 'id', 'marker', 'meta', 'wait'])
  expect(Object.keys((stored['a1'] as { value: object }).value).toSorted()).toEqual([
    'data',
    'delay',
    'name',
    'opts',
    'priority',
    'timestamp',
  ])
})

test('what accept.lua stores while the queue is paused is what queue.add stores then', async () => {
  await using theirs = await openStore()
  await using ours = await openStore()
  for (const store of [theirs, ours]) await store.queue.pause()
  await addByBullMq(theirs, ['a1'])
  await ours.add('a1')
  expect(await withTimeOf(ours, ['a1'])).toEqual(await bullMqKeys(theirs))
})

test('what accept.lua stores while the queue’s concurrency is taken is what queue.add stores then', async () => {
  await using theirs = await openStore()
  await using ours = await openStore()
  for (const store of [theirs, ours]) {
    await store.queue.setGlobalConcurrency(1)
    await store.redis.lpush(store.queue.toKey('active'), 'x')
  }
  await addByBullMq(theirs, ['a1'])
  await ours.add('a1')
  expect(await withTimeOf(ours, ['a1'])).toEqual(await bullMqKeys(theirs))
})

test('a JobId that BullMQ has already is left as it is, and told of as by queue.add', async () => {
  await using theirs = await openStore()
  await using ours = await openStore()
  await addByBullMq(theirs, ['a1', 'a1'])
  await addByBullMq(ours, ['a1'])
  await ours.add('a1')
  expect(await withTimeOf(ours, ['a1'])).toEqual(await bullMqKeys(theirs))
})

test.for([
  ['a plain job', {}],
  ['a job that goes behind single requests', { priority: BEHIND_SINGLE_REQUESTS }],
] as const)('what our transaction stores for %s is what queue.add stores for it', async ([, options]) => {
  await using theirs = await openStore()
  await using ours = await openStore()
  const jobIds = ['a1', 'a2']
  await addByBullMq(theirs, jobIds, options)
  const jobs = jobIds.map((jobId) => ({ jobId, routing: { application: 'demo' }, createdAt: AT }))
  await inOneTransaction(ours.queue, () => undefined, jobs, options)
  expect(await bullMqKeys(ours)).toEqual(await bullMqKeys(theirs))
})

test('the options of a job are those of the queue', async () => {
  await using store = await openStore()
  await store.add('a1')
  expect((await store.queue.getJob('a1'))?.opts).toMatchObject(JOB_OPTIONS)
})
