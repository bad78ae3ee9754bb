import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'

/** The record of a breaker that nobody closes expires this long after its time. */
const GRACE_MS = 600_000

/** The record of a connection's breaker, shared by the fleet; begin.lua reads it, too. */
export type BreakerRecord = {
  /**
   * Opens the breaker: holds every call of the fleet for `forMs` milliseconds by Redis' clock. Clients see `reason`.
   */
  open(forMs: number, reason: string): Promise<void>
  /** Closes the breaker. `false`: it was closed already. */
  close(): Promise<boolean>
  /** Whether it is open, or its time has passed and it waits for one good answer. */
  isOpen(): Promise<boolean>
  /** Records that the EMR asked for a pause of `forMs` milliseconds; the record expires with it. */
  hold(forMs: number): Promise<void>
  /** Until when calls are held, ms since the epoch, or 0; with the reason if the breaker holds them. */
  heldUntil(): Promise<{ until: number; reason?: string }>
}

/** Opens the record of a connection's breaker. */
export function openBreakerRecord(redis: RedisClient, connection: ConnectionName): BreakerRecord {
  const { breaker, hold } = recordKeys(connection)
  return {
    async open(forMs, reason) {
      const [seconds] = await redis.time()
      await redis.hset(breaker, { openUntil: Number(seconds) * 1000 + forMs, reason })
      await redis.pexpire(breaker, forMs + GRACE_MS)
    },
    close: async () => (await redis.del(breaker)) === 1,
    isOpen: async () => (await redis.exists(breaker)) === 1,
    async hold(forMs) {
      await redis.set(hold, Date.now() + forMs, 'PX', Math.ceil(forMs))
    },
    async heldUntil() {
      const [[openUntil, reason], held] = await Promise.all([
        redis.hmget(breaker, 'openUntil', 'reason'),
        redis.get(hold),
      ])
      return { until: Math.max(Number(openUntil ?? 0), Number(held ?? 0)), ...(reason && { reason }) }
    },
  }
}
