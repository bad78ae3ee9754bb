import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { connectBoth, sharedRedisUrl } from '../fixtures/redis-server.ts'

test('commands sent in one turn of the event loop are written to the socket at once, on BullMQ’s copies of a connection too', async () => {
  const { redis, subscriber, [Symbol.dispose]: disconnect } = await connectBoth(sharedRedisUrl())
  const copy = (subscriber as Redis).duplicate()
  const plain = new Redis(sharedRedisUrl())
  await Promise.all([copy.ping(), plain.ping()])

  expect(await writesOf(redis as Redis, 50)).toBe(1)
  expect(await writesOf(copy, 50)).toBe(1)
  // so the count above is meaningful
  expect(await writesOf(plain, 50)).toBeGreaterThan(1)

  copy.disconnect()
  plain.disconnect()
  disconnect()
})

/** How often the socket is written to for this many commands. */
async function writesOf(redis: Redis, commands: number): Promise<number> {
  const spies = [vi.spyOn(redis.stream, '_write'), vi.spyOn(redis.stream, '_writev')]
  await Promise.all(Array.from({ length: commands }, () => redis.ping()))
  return spies.reduce((writes, { mock }) => writes + mock.calls.length, 0)
}
