import { expect, test } from 'vitest'
import { openOutbox } from './outbox.ts'
import { openStore, outcomeOf, type Store } from './store-under-test.ts'

const outboxOf = (store: Store) => openOutbox(store.redis, { emrSystem: 'Sandbox', emrInstance: store.emrInstance })
const batchEnd = { BatchId: 'b1', Round: 1, At: 1_000, Application: 'demo' }

test('entries are read in the order of their places, from the first one or after one', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { redis, keys } = store
  const outbox = outboxOf(store)
  await store.add('a1')
  await store.end('a1', outcomeOf({ routing: { application: 'demo', BatchId: 'b1', ItemIndex: 3 } }))
  await redis.xadd(keys.outbox, '*', 'event', JSON.stringify(batchEnd))
  const [first, second] = await outbox.read(undefined, 5)
  expect(first?.event).toMatchObject({ JobId: 'a1', Round: 1, Status: 'Failed', StatusCode: 400, BatchId: 'b1' })
  expect(second?.event).toEqual(batchEnd)
  expect(await outbox.read(first?.place, 5)).toEqual([second])
  expect(await outbox.read(undefined, 1)).toEqual([first])
})

test('left behind is what has been there for two seconds, and what a version up to 0.1 left for so long', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const outbox = outboxOf(store)
  expect(await outbox.leftBehind(10)).toEqual([])
  const at = (age: number) => Date.now() - age
  const text = (JobId: string) => JSON.stringify({ ...batchEnd, JobId, Status: 'Failed', StatusCode: 400 })
  await redis.zadd(keys.oldOutbox, at(10_000), text('old'), at(-60_000), text('older, just added'))
  await redis.xadd(keys.outbox, `${at(5_000)}-0`, 'event', text('left'))
  await redis.xadd(keys.outbox, '*', 'event', text('just added'))
  const left = await outbox.leftBehind(10)
  expect(left.map(({ event }) => event)).toMatchObject([{ JobId: 'old' }, { JobId: 'left' }])
  expect(await outbox.leftBehind(1)).toMatchObject([{ event: { JobId: 'old' } }])
  await outbox.remove(left)
  await outbox.remove(left)
  expect(await outbox.leftBehind(10)).toEqual([])
  expect([await redis.xlen(keys.outbox), await redis.zcard(keys.oldOutbox)]).toEqual([1, 1])
})

test('what cannot be read is moved aside, and kept for a week', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const outbox = outboxOf(store)
  for (const text of ['no JSON', '{}', JSON.stringify(batchEnd)]) await redis.xadd(keys.outbox, '*', 'event', text)
  await redis.zadd(keys.oldOutbox, 1, 'old')
  const unreadable = (await outbox.read(undefined, 10)).filter(({ event }) => !event)
  await outbox.moveAside([...unreadable, { text: 'old' }])
  expect((await outbox.read(undefined, 10)).map(({ event }) => event)).toEqual([batchEnd])
  expect(await redis.zcard(keys.oldOutbox)).toBe(0)
  expect(await redis.lrange(keys.outboxUnreadable, 0, -1)).toEqual(['old', '{}', 'no JSON'])
  expect(await redis.ttl(keys.outboxUnreadable)).toBeGreaterThan(6 * 86_400)
})
