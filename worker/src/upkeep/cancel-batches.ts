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
 * Ends the items of cancelled batches that were never sent to the EMR. Stops between two steps once `stopping` returns
 * true; the next run begins anew and skips what has ended. One process of the fleet at a time. If a batch fails, for
 * example because its sealing key is missing, the others are processed first and the error is thrown after that.
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
        // a batch that was retried meanwhile, and cancelled again, begins from its first item
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

/** Whether it reached the end of the batch. */
async function cancelItems(at: Cancelling, batchId: string, lease: string, stopping: () => boolean): Promise<boolean> {
  const { redis, queue, batches, records, connection, announces, finished } = at
  const batch = await batches.read(batchId)
  if (!batch) return true
  for await (const live of batchItems(batches, batch, ['q', 't'])) {
    if (stopping()) return false
    await Promise.all(
      live.map(async ({ state, ...item }) => {
        const said = await end({ ...item, connection, records, announces, finished }, cancelled(), 'cancelledWithBatch')
        // only tidying up: a worker that takes the job finds its outcome and leaves it alone
        if (said === 'recorded' && state === 't') await queue.remove(item.jobId).catch(() => 0)
      }),
    )
    await redis.pexpire(lease, LEASE_MS)
  }
  return true
}
