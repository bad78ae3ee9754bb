import type { ConnectionName } from '../contract/connection-name.ts'
import { DAY, SECOND } from '../durations.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'

/** An entry of this age was left behind: whoever recorded the outcome would have moved it long ago. */
const LEFT_BEHIND_MS = 2 * SECOND
/** Entries that cannot be read are moved aside: the newest are kept for a week after the last one. */
const MOST_UNREADABLE = 1_000
const UNREADABLE_KEPT_S = (7 * DAY) / SECOND

/** The events of a connection that no feed has yet, as the scripts that recorded them wrote them (JSON). */
export type Outbox = {
  /** The oldest entries, at most `most`; `leftBehind`: only those that have been there for two seconds. */
  read(which: 'all' | 'leftBehind', most: number): Promise<string[]>
  /** Removes entries. Those that are gone already are skipped. */
  remove(entries: string[]): Promise<void>
  /** Moves entries aside in one transaction, so that they do not block those behind them and can be inspected. */
  moveAside(entries: string[]): Promise<void>
}

/** Opens a connection's outbox on a connection to Redis, which the caller owns. */
export function openOutbox(redis: RedisClient, connection: ConnectionName): Outbox {
  const { outbox, outboxUnreadable } = recordKeys(connection)
  return {
    async read(which, most) {
      const newest = which === 'all' ? '+inf' : await leftBehindSince(redis)
      return redis.zrangebyscore(outbox, '-inf', newest, 'LIMIT', 0, most)
    },
    async remove(entries) {
      await redis.zrem(outbox, ...entries)
    },
    async moveAside(entries) {
      const moved = await redis
        .multi()
        .zrem(outbox, ...entries)
        .lpush(outboxUnreadable, ...entries)
        .ltrim(outboxUnreadable, 0, MOST_UNREADABLE - 1)
        .expire(outboxUnreadable, UNREADABLE_KEPT_S)
        .exec()
      for (const [error] of moved ?? []) if (error) throw error
    },
  }
}

async function leftBehindSince(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time()
  return Number(seconds) * SECOND - LEFT_BEHIND_MS
}
