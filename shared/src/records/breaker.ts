import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'

/** A record of a breaker that nobody closes any more goes by itself this long after its time. */
const GRACE_MS = 600_000

/** What the whole fleet knows of a connection's breaker. begin.lua reads the same record. */
export type BreakerRecord = {
  /** Holds every call of the fleet for `forMs` milliseconds by Redis' clock; `reason` is shown to clients. */
  open(forMs: number, reason: string): Promise<void>
  /** Ends the hold, or the wait for a good answer after it. `false`: it was closed already. */
  close(): Promise<boolean>
  /** Whether it is open, or its time is up and it waits for one good answer. */
  isOpen(): Promise<boolean>
  /** Notes until when the EMR asked for a pause, `forMs` milliseconds from now; goes by itself. */
  hold(forMs: number): Promise<void>
  /** Until when calls are held, ms since the epoch, 0 if they are not; and why, where the breaker does it. */
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
