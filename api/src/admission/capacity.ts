import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { readDepths } from '@encounter-gateway/shared/records/figures.ts'
import { readRedisMemory } from '@encounter-gateway/shared/redis/health.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../http/refusal.ts'
import type { EmrConnection } from '../connections/connections.ts'

/** How old the figures may be: so long can more come in than there is room for. */
const LOOK_EVERY_MS = 1_000
/** Of Redis' memory; above it nothing new is accepted, so that what is accepted can be finished. */
const FULL_AT = 0.9
const RETRY_AFTER_S = '30'

declare module 'fastify' {
  interface FastifyInstance {
    /** Throws a 429 or 503 with Retry-After if this application, this connection or Redis has too much waiting already. */
    checkRoom(connection: EmrConnection, application: Application): Promise<void>
  }
}

/** Refuses new jobs before what holds them is full. */
export const room = fp(
  async function room(app: FastifyInstance, { redis }: { redis: RedisClient }) {
    const retry = { 'Retry-After': RETRY_AFTER_S }
    const readMemory = cachedFor(LOOK_EVERY_MS, () => readRedisMemory(redis))
    const depths = new Map(
      app.connections.all.map(({ settings }) => [
        nameOf(settings),
        cachedFor(LOOK_EVERY_MS, async () => depthOf(await readDepths(redis, settings))),
      ]),
    )
    app.decorate('checkRoom', async ({ settings }: EmrConnection, application: Application) => {
      const memory = await readMemory()
      const depth = await depths.get(nameOf(settings))?.()
      if (memory > FULL_AT) {
        throw new Refusal('unavailable', 'The gateway’s storage is nearly full; nothing new is accepted.', {}, retry)
      }
      if (!depth) return
      if ((depth.of.get(application.name) ?? 0) >= application.maxPending) {
        const detail = `Your application has ${application.maxPending} jobs waiting for this EMR; send more when some have ended.`
        throw new Refusal('queue-full', detail, {}, retry)
      }
      if (depth.all >= settings.maxPending) {
        const detail = `${settings.maxPending} jobs are waiting for this EMR; send more when some have ended.`
        throw new Refusal('queue-full', detail, {}, retry)
      }
    })
  },
  { name: 'room', dependencies: ['connections'] },
)

function depthOf(of: Map<string, number>): { of: Map<string, number>; all: number } {
  return { of, all: of.values().reduce((sum, count) => sum + count, 0) }
}
