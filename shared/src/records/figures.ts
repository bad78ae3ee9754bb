import type { RecordsContext } from './context.ts'

/** The figures of a connection at one moment. */
export type Figures = {
  /** Jobs accepted and without an outcome. */
  pending: number
  /** Webhook events without a delivery yet. */
  outbox: number
  /** Whether the breaker holds the connection's queue. */
  breakerOpen: boolean
  /** Logins that the EMR refuses. */
  refusedLogins: number
}

export async function readFigures({ redis, keys }: RecordsContext): Promise<Figures> {
  const [pending, outbox, oldOutbox, openUntil, refusedLogins] = await Promise.all([
    redis.zcard(keys.pending),
    redis.xlen(keys.outbox),
    redis.zcard(keys.oldOutbox),
    redis.hget(keys.breaker, 'openUntil'),
    redis.zcard(keys.refusedLogins),
  ])
  const breakerOpen = Number(openUntil ?? 0) > Date.now()
  return { pending, outbox: outbox + oldOutbox, breakerOpen, refusedLogins }
}

export async function readDepths({ redis, keys }: RecordsContext): Promise<Map<string, number>> {
  const counts = await redis.hgetall(keys.depth)
  return new Map(Object.entries(counts).map(([application, count]) => [application, Number(count)]))
}
