import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { readRedisMemory } from '@encounter-gateway/shared/redis/health.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../http/refusal.ts'
import type { EmrConnection } from '../connections/connections.ts'

/** Refresh interval of the figures; limits can be exceeded for this long. */
const LOOK_EVERY_MS = 1_000
/** Share of Redis' memory above which nothing new is accepted, so that accepted jobs can finish. */
const FULL_AT = 0.9
const RETRY_AFTER_S = '30'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Throws a 429 with Retry-After if this application or connection has too many jobs, a 503 if Redis is nearly full or
     * an operator lets the connection drain.
     */
    checkCapacity(connection: EmrConnection, application: Application): Promise<void>
  }
}

/** Refuses new jobs before Redis or a connection's limit is full. */
export const capacity = fp(
  async function capacity(app: FastifyInstance, { redis }: { redis: RedisClient }) {
    const retry = { 'Retry-After': RETRY_AFTER_S }
    const readMemory = cachedFor(LOOK_EVERY_MS, () => readRedisMemory(redis))
    const depths = new Map(
      app.connections.all.map(({ settings, records }) => [
        nameOf(settings),
        cachedFor(LOOK_EVERY_MS, async () => {
          const [depths, { draining }] = await Promise.all([records.jobs.depths(), records.control.read()])
          return { ...depthOf(depths), isDraining: draining !== undefined }
        }),
      ]),
    )
    app.decorate('checkCapacity', async ({ settings }: EmrConnection, application: Application) => {
      const memory = await readMemory()
      const depth = await depths.get(nameOf(settings))?.()
      if (memory > FULL_AT) {
        throw new Refusal(
          'unavailable',
          'The storage of the gateway is nearly full; new requests are not accepted.',
          {},
          retry,
        )
      }
      if (!depth) return
      if (depth.isDraining) {
        const detail = 'This connection accepts nothing new for now: an operator is letting it drain. Try again later.'
        throw new Refusal('unavailable', detail, {}, retry)
      }
      if ((depth.of.get(application.name) ?? 0) >= application.maxPending) {
        const detail = `Your application has reached its limit of ${application.maxPending} unfinished jobs for this EMR; try again later.`
        throw new Refusal('queue-full', detail, {}, retry)
      }
      if (depth.all >= settings.maxPending) {
        const detail = `This EMR has reached its limit of ${settings.maxPending} unfinished jobs; try again later.`
        throw new Refusal('queue-full', detail, {}, retry)
      }
    })
  },
  { name: 'capacity', dependencies: ['connections'] },
)

function depthOf(of: Map<string, number>): { of: Map<string, number>; all: number } {
  return { of, all: of.values().reduce((sum, count) => sum + count, 0) }
}
