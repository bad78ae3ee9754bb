import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { openFleet, postTo, uploadTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const PATIENCE = { timeout: 40_000 }
const ITEMS = 200

test('SCRIPT FLUSH under load: api and worker heal by themselves, and of single requests and batches nothing is lost', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr({ latencyMs: 20 })
  // few at once, so that most of the batch still waits for its turn
  await using fleet = await openFleet({ emrs: [{ emr, settings: { concurrency: 4 } }], redisUrl: redis.url })
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const { connection, pending } = fleet.connection()
  const { batch } = await uploadTo(api, connection.emrInstance, ITEMS)
  await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(10)
  await fleet.redis.script('FLUSH')
  await expect.poll(async () => (await postTo(api, connection.emrInstance))?.status, PATIENCE).toBe(202)
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(ITEMS + 1)
  expect(new Set(emr.made).size).toBe(ITEMS + 1)
  expect(await batch()).toMatchObject({ Status: 'Finished', Succeeded: ITEMS })
}, 60_000)
