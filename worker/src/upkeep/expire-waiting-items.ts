import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Batches } from '@encounter-gateway/shared/records/batches.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { end, type Ended } from '../attempts/end.ts'
import { expired } from '../attempts/endings.ts'
import { batchItems } from './batch-items.ts'
import type { GoOn } from './lease.ts'

/** A request is kept for this much longer than its deadline, so no younger batch has an expired one. */
const REQUEST_OUTLIVES_DEADLINE_MS = 24 * 3_600_000

type Expiring = Omit<Ended, 'jobId' | 'routing' | 'createdAt'> & {
  redis: RedisClient
  batches: Batches
  config: Pick<Config, 'applications'>
}

/**
 * Ends the overdue batch items whose turn has not come, found by their batches: an item's place is stored in its
 * request, which has been erased if no worker ran until a day after the deadline. `false`: it stopped early, or a
 * batch's sealing key is missing (`turns.failed` names it), so there may be more of them.
 */
export async function expireWaitingItems(at: Expiring, now: number, goOn: GoOn): Promise<boolean> {
  const { redis, batches, config } = at
  const { keys } = batches
  const old = now - REQUEST_OUTLIVES_DEADLINE_MS
  const names = new Set([...config.applications.map(({ name }) => name), ...(await redis.hkeys(keys.depth))])
  const lists = [...names].map((name) => keys.backlog(name))
  let all = true
  for (const list of [...lists, keys.cancelling]) {
    for (const batchId of await redis.zrangebyscore(list, '-inf', list === keys.cancelling ? '+inf' : old)) {
      if (!(await expireItemsOf(at, batchId, now, goOn))) all = false
      if (!(await goOn())) return false
    }
  }
  return all
}

async function expireItemsOf(at: Expiring, batchId: string, now: number, goOn: GoOn): Promise<boolean> {
  const { redis, batches } = at
  const batch = await batches.read(batchId)
  if (!batch) return true
  if (!batches.keyIds.includes(batch.keyId)) return false
  for await (const waiting of batchItems(batches, batch, ['q'])) {
    if (!(await goOn())) return false
    if (waiting.length === 0) continue
    const deadlines = await redis.zmscore(batches.keys.pending, ...waiting.map(({ jobId }) => jobId))
    const overdue = waiting.filter((_, n) => deadlines[n] != null && Number(deadlines[n]) <= now)
    await Promise.all(overdue.map((item) => end({ ...at, ...item }, expired(), 'undispatched')))
  }
  return true
}
