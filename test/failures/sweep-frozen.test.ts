import { queueNameOf } from '@encounter-gateway/shared/records/keys.ts'
import { KEY_PREFIX } from '@encounter-gateway/shared/redis/key-prefix.ts'
import { connectRedis } from '@encounter-gateway/shared/redis/connect.ts'
import { UnrecoverableError, Worker } from 'bullmq'
import { expect, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { sharedRedisUrl } from '../fixtures/redis-server.ts'
import { openFleet, SHARED_DATABASE, type FleetConnection } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { stoppingAt } from './preload.ts'
import { PATIENCE } from '../fixtures/pace.ts'

/** What BullMQ does with a job whose workers have died too often. */
async function setAside({ connection, queue }: FleetConnection): Promise<void> {
  const redis = connectRedis(`${sharedRedisUrl()}/${SHARED_DATABASE}`, 'consumer')
  const reaper = new Worker(
    queueNameOf(connection),
    async () => {
      throw new UnrecoverableError('job stalled more than allowable limit')
    },
    { connection: redis, prefix: KEY_PREFIX },
  )
  await expect.poll(() => queue.getFailedCount(), PATIENCE).toBe(1)
  await reaper.close()
  redis.disconnect()
}

test('a sweep held up just before it ends a job as Failed ends nothing once a Retry is under way', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr, settings: { timeoutMs: 60_000 } }] })
  const at = fleet.connection()
  const job = await at.submit()
  await setAside(at)
  const frozen = await fleet.startWorker(stoppingAt('before finish', 'SIGSTOP'))
  await expect.poll(() => frozen.output(), PATIENCE).toContain('stopped before finish')
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Failed', StatusCode: 500 })
  emr.hold('after commit')
  const retried = await fetch(`${api.url}/api/v1/Jobs/${job}/Retry`, { method: 'POST', headers: asDemo })
  expect(retried.status).toBe(202)
  await expect.poll(() => emr.made, PATIENCE).toEqual([job])
  frozen.child.kill('SIGCONT')
  // it continues, and has sent what it was about to send
  frozen.child.kill('SIGTERM')
  await frozen.ended
  expect(await at.records.jobs.outcome(job)).toBeUndefined()
  emr.release()
  await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
  expect(emr.made).toEqual([job])
})
