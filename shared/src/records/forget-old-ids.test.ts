import { openStore } from './store-under-test.ts'
import { expect, test, vi } from 'vitest'
import { HOUR } from '../durations.ts'

test('removes old ids a thousand at a time, also of removed applications, and keeps one whose job is pending', async () => {
  await using store = await openStore()
  const { redis, jobs, keys } = store
  await store.add('recent')
  const old = Date.now() - 100 * HOUR
  const ids = Array.from({ length: 2_500 }, (_, n) => [old + n, `old-${n}`])
  await redis.zadd(keys.jobs('demo'), ...ids.flat())
  await redis.zadd(keys.jobs('removed'), old, 'old')
  await redis.hset(keys.depth, 'removed', 0)
  await redis.zadd(keys.pending, 1, 'old-7', 1, 'old-1700')
  const removing = vi.spyOn(redis, 'zrem')
  await jobs.forgetOldIds(async () => true)
  expect(await redis.zrange(keys.jobs('demo'), '0', '-1')).toEqual(['old-7', 'old-1700', 'recent'])
  expect(await redis.exists(keys.jobs('removed'))).toBe(0)
  expect(Math.max(...removing.mock.calls.map((call) => call.length - 1))).toBeLessThanOrEqual(1_000)
})
