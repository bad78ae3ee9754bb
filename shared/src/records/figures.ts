import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'

/** The figures of a connection at one moment. */
export type Figures = {
  /** Jobs accepted and without an outcome. */
  pending: number
  /** Webhook events without a delivery yet. */
  outbox: number
  /** Whether the breaker holds the connection's queue. */
  breakerOpen: boolean
}

/** Reads the figures of a connection in one round trip. */
export async function readFigures(redis: RedisClient, connection: ConnectionName): Promise<Figures> {
  const keys = recordKeys(connection)
  const [pending, outbox, openUntil] = await Promise.all([
    redis.zcard(keys.pending),
    redis.zcard(keys.outbox),
    redis.hget(keys.breaker, 'openUntil'),
  ])
  return { pending, outbox, breakerOpen: Number(openUntil ?? 0) > Date.now() }
}

/** The number of accepted jobs that have not ended, by application. */
export async function readDepths(redis: RedisClient, connection: ConnectionName): Promise<Map<string, number>> {
  const counts = await redis.hgetall(recordKeys(connection).depth)
  return new Map(Object.entries(counts).map(([application, count]) => [application, Number(count)]))
}
