import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { randomUUID } from 'node:crypto'

/** Asked between two steps: whether to continue. Renews the lease when a third of its time has passed. */
export type GoOn = () => Promise<boolean>

/** Work that one process of the fleet does at a time; if its holder dies, another can take it after `ms`. */
export type Lease = { key: string; ms: number }

/**
 * Takes the lease if it is free, and works until the work is done, `stopping` aborts, or the lease is lost. The lease
 * is not given back: it also limits how often the fleet does this work.
 */
export async function underLease(
  redis: RedisClient,
  { key, ms }: Lease,
  stopping: () => boolean,
  work: (goOn: GoOn) => Promise<void>,
): Promise<void> {
  const mine = randomUUID()
  if ((await redis.set(key, mine, 'PX', ms, 'NX')) === null) return
  let renewedAt = performance.now()
  await work(async () => {
    if (stopping()) return false
    if (performance.now() - renewedAt < ms / 3) return true
    renewedAt = performance.now()
    return (await redis.get(key)) === mine && (await redis.pexpire(key, ms)) === 1
  })
}
