import { expect, test } from 'vitest'
import { forgetEnded, indexEnded } from './ended-lists.ts'
import { HOUR, openStore, outcomeOf, terms } from './store-under-test.ts'

const goOn = async () => true

test('jobs that an older version ended are added once, also of applications that were removed', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  await store.add('a1')
  await store.add('b1', 'removed')
  await store.add('a2')
  for (const id of ['a1', 'a2']) await store.end(id, outcomeOf())
  await store.end('b1', outcomeOf({ routing: { application: 'removed' }, status: 'OutcomeUnknown' }))
  await redis.unlink(keys.ended('Failed'), keys.ended('Failed', 'demo'), keys.ended('OutcomeUnknown'))
  await indexEnded(store.context, goOn)
  const ids = async (status: 'Failed' | 'OutcomeUnknown', application?: string) =>
    (await store.jobs.page({ ended: status, application }, undefined, 10)).map(({ jobId }) => jobId).sort()
  expect(await ids('Failed')).toEqual(['a1', 'a2'])
  expect(await ids('Failed', 'demo')).toEqual(['a1', 'a2'])
  expect(await ids('OutcomeUnknown')).toEqual(['b1'])
  await redis.unlink(keys.ended('Failed'))
  await indexEnded(store.context, goOn)
  expect(await ids('Failed')).toEqual([])
})

test('a call looks at 2,000 jobs of an application, and the next one goes on there', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const waiting = Array.from({ length: 2_000 }, (_, n) => [n, `w${n}`]).flat()
  await redis.zadd(keys.jobs('demo'), ...waiting)
  await store.add('a1')
  await store.end('a1', outcomeOf())
  await redis.unlink(keys.ended('Failed'))
  const listed = () => redis.zrange(keys.ended('Failed'), '0', '-1')
  await indexEnded(store.context, goOn)
  expect(await listed()).toEqual([])
  await indexEnded(store.context, goOn)
  expect(await listed()).toEqual(['a1'])
})

test('entries older than results are kept are removed, and no others', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const now = Date.now()
  const keptMs = terms.result + 24 * HOUR
  const list = keys.ended('Expired', 'removed')
  await redis.zadd(list, now - keptMs - 1_000, 'old', now - keptMs + 1_000, 'new')
  await redis.hset(keys.depth, 'removed', 0)
  await forgetEnded(store.context, now, goOn)
  expect(await redis.zrange(list, '0', '-1')).toEqual(['new'])
})
