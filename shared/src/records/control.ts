import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'
import type { EncounterQueue } from './queue.ts'

/** Who ordered something, why, and when (ms since the epoch); `until`: when it ends by itself. */
export type Order = { by: string; reason: string; at: number; until?: number }

/** Limits that an operator has set in place of those of the configuration. */
export type Limits = { concurrency?: number; requestsPerSecond?: number }

/**
 * What operators have ordered for a connection. It outlives restarts, and all processes follow it within two seconds.
 * `paused`: nothing more is sent; `draining`: nothing more is accepted; `hold`: as a breaker that stays open;
 * `limits`: in place of the configured ones; `resumed`: the last order was to end a pause.
 */
export type Control = {
  paused?: Order
  resumed?: Order
  draining?: Order
  hold?: Order & { until: number }
  limits?: Order & Limits
}

/** The kinds of orders. */
export type OrderName = keyof Control
const orderNames: readonly OrderName[] = ['paused', 'resumed', 'draining', 'hold', 'limits']

/** The orders for one connection. */
export type ControlRecord = {
  read(): Promise<Control>
  /** Writes these orders, in one step; `undefined` takes one back. */
  write(orders: { [Name in OrderName]?: Control[Name] | undefined }): Promise<void>
}

/** Opens the record of orders. */
export function openControl(redis: RedisClient, connection: ConnectionName): ControlRecord {
  const key = recordKeys(connection).control
  return {
    async read() {
      const stored = await redis.hgetall(key)
      const orders = orderNames.flatMap((name) => (stored[name] ? [[name, JSON.parse(stored[name])] as const] : []))
      return current(Object.fromEntries(orders))
    },
    async write(orders) {
      const transaction = redis.multi()
      for (const [name, order] of Object.entries(orders)) {
        if (order === undefined) transaction.hdel(key, name)
        else transaction.hset(key, name, JSON.stringify(order))
      }
      const replies = (await transaction.exec()) ?? []
      for (const [error] of replies) if (error) throw error
    },
  }
}

/** Without the orders whose time has passed; a pause that has ended by itself counts as resumed. */
function current({ paused, hold, ...rest }: Control, now = Date.now()): Control {
  const ended = paused?.until !== undefined && paused.until <= now
  return {
    ...rest,
    ...(paused && (ended ? { resumed: paused } : { paused })),
    ...(hold && hold.until > now && { hold }),
  }
}

/**
 * Holds the calls of a connection for a while, as if the EMR had asked for it. Never shortens an existing hold of the
 * queue.
 */
export async function holdConnection(
  redis: RedisClient,
  queue: Pick<EncounterQueue, 'getRateLimitTtl' | 'rateLimit'>,
  connection: ConnectionName,
  forMs: number,
): Promise<void> {
  await redis.set(recordKeys(connection).hold, Date.now() + forMs, 'PX', forMs)
  if (forMs > (await queue.getRateLimitTtl())) await queue.rateLimit(forMs)
}

/** Ends every hold of a connection. A breaker that is open lets one job through, and closes if the EMR answers. */
export async function releaseConnection(
  redis: RedisClient,
  queue: Pick<EncounterQueue, 'removeRateLimitKey'>,
  connection: ConnectionName,
): Promise<void> {
  const { hold, breaker } = recordKeys(connection)
  await redis.del(hold)
  if ((await redis.exists(breaker)) === 1) await redis.hset(breaker, 'openUntil', Date.now())
  await queue.removeRateLimitKey()
}
