import type { RedisClient } from '../redis/connect.ts'
import { randomUUID } from 'node:crypto'

/** Asked between two steps: whether to continue. Renews the lease when a third of its time has passed. */
export type GoOn = () => Promise<boolean>

/**
 * Work that one process of the fleet does at a time; if its holder dies, another can take it after `ms`. A lease that is
 * not given back also limits how often the fleet does the work.
 */
export type Lease = { name: string; ms: number; givenBack: boolean }

/**
 * Takes the lease if it is free, and works until the work is done, `stopping` returns true, or the lease is lost.
 * Resolves at once if another process holds it.
 */
export async function underLease(
  redis: RedisClient,
  base: string,
  { name, ms, givenBack }: Lease,
  stopping: () => boolean,
  work: (goOn: GoOn) => Promise<void>,
): Promise<void> {
  const key = `${base}:${name}`
  const mine = randomUUID()
  if ((await redis.set(key, mine, 'PX', ms, 'NX')) === null) return
  let renewedAt = performance.now()
  const isMine = async () => (await redis.get(key)) === mine
  try {
    await work(async () => {
      if (stopping()) return false
      if (performance.now() - renewedAt < ms / 3) return true
      renewedAt = performance.now()
      return (await isMine()) && (await redis.pexpire(key, ms)) === 1
    })
  } finally {
    if (givenBack && (await isMine())) await redis.del(key)
  }
}
