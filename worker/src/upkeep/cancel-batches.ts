import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { Batches } from '@encounter-gateway/shared/records/batches.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { cancelled } from '../attempts/endings.ts'
import { end } from '../attempts/end.ts'
import { batchItems } from './batch-items.ts'

const LEASE_MS = 30_000

/** What `cancelBatches` works with. */
export type Cancelling = {
  connection: Connection
  redis: RedisClient
  queue: EncounterQueue
  records: Records
  batches: Batches
  announces: (application: string) => boolean
  finished: () => void
}

/**
 * Ends the items of cancelled batches that the EMR has nothing of. Gives up between two steps once `stopping`; whoever comes
 * next begins anew, and passes over what has ended. One process of the fleet at a time. Throws after the others are done what
 * one batch failed with, such as a sealing key that is missing.
 */
export async function cancelBatches(at: Cancelling, stopping: () => boolean): Promise<void> {
  const { redis, batches } = at
  const { cancelling, base } = batches.keys
  if ((await redis.exists(cancelling)) === 0) return
  const lease = `${base}:cancelling-lease`
  if ((await redis.set(lease, '1', 'PX', LEASE_MS, 'NX')) === null) return
  const faults: unknown[] = []
  try {
    // those that stay must not hide the ones behind them
    for (let passed = 0; ;) {
      const [batchId, since] = await redis.zrange(cancelling, passed, String(passed), 'WITHSCORES')
      if (batchId === undefined) break
      try {
        if (!(await cancelItems(at, batchId, lease, stopping))) return
        // one that was retried meanwhile, and cancelled anew, begins from its first item
        if ((await redis.zscore(cancelling, batchId)) === since) await redis.zrem(cancelling, batchId)
      } catch (error) {
        faults.push(error)
        passed++
      }
    }
  } finally {
    await redis.del(lease)
  }
  if (faults.length > 0) throw faults[0]
}

/** Whether it came to the end of the batch. */
async function cancelItems(at: Cancelling, batchId: string, lease: string, stopping: () => boolean): Promise<boolean> {
  const { redis, queue, batches, records, connection, announces, finished } = at
  const batch = await batches.read(batchId)
  if (!batch) return true
  for await (const live of batchItems(batches, batch, ['q', 't'])) {
    if (stopping()) return false
    await Promise.all(
      live.map(async ({ state, ...item }) => {
        const said = await end({ ...item, connection, records, announces, finished }, cancelled(), 'cancelledWithBatch')
        // for tidiness: a worker that takes the job finds its outcome and lets it be
        if (said === 'recorded' && state === 't') await queue.remove(item.jobId).catch(() => 0)
      }),
    )
    await redis.pexpire(lease, LEASE_MS)
  }
  return true
}
