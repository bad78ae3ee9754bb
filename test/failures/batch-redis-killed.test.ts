import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openFleet, uploadTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const ITEMS = 200

test('Redis killed while most of a batch waits for its turn: each item is created once, and the counts are exact', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr({ latencyMs: 20 })
  await using fleet = await openFleet({ emrs: [{ emr, settings: { concurrency: 4 } }], redisUrl: redis.url })
  const api = await fleet.startApi()
  const { connection, pending } = fleet.connection()
  const { batch } = await uploadTo(api, connection.emrInstance, ITEMS)
  // accepted, and not yet seen by any worker
  await redis.stop()
  await redis.start()
  await fleet.startWorker()
  await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(10)
  // and again while turns are being assigned
  await redis.stop()
  await redis.start()
  await expect.poll(() => pending().catch(() => NaN), PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(ITEMS)
  expect(new Set(emr.made).size).toBe(ITEMS)
  expect(await batch()).toMatchObject({ Status: 'Finished', Items: ITEMS, Succeeded: ITEMS, Queued: 0, Running: 0 })
})
