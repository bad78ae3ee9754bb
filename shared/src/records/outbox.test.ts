import { expect, test } from 'vitest'
import { openOutbox } from './outbox.ts'
import { openStore } from './store-under-test.ts'

test('the outbox gives the oldest entries first, and as left behind only those of two seconds ago', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const outbox = openOutbox(redis, { emrSystem: 'Sandbox', emrInstance: store.emrInstance })
  await redis.zadd(keys.outbox, Date.now() - 10_000, 'old', Date.now() + 60_000, 'new')
  expect(await outbox.read('all', 10)).toEqual(['old', 'new'])
  expect(await outbox.read('all', 1)).toEqual(['old'])
  expect(await outbox.read('leftBehind', 10)).toEqual(['old'])
})

test('what is removed or moved aside is no longer in the outbox; what cannot be read is kept for a week', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const outbox = openOutbox(redis, { emrSystem: 'Sandbox', emrInstance: store.emrInstance })
  await redis.zadd(keys.outbox, 1, 'moved', 2, 'unreadable', 3, 'waiting')
  await outbox.remove(['moved', 'gone already'])
  await outbox.moveAside(['unreadable'])
  expect(await outbox.read('all', 10)).toEqual(['waiting'])
  expect(await redis.lrange(keys.outboxUnreadable, 0, -1)).toEqual(['unreadable'])
  expect(await redis.ttl(keys.outboxUnreadable)).toBeGreaterThan(6 * 86_400)
})
