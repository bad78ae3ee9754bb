import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { listenOn, readPort } from '@encounter-gateway/shared/start-up.ts'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

/** However many probes arrive, Redis is asked at most once in this time. */
const FRESH_MS = 1000

/**
 * The worker's own port for orchestrators and Prometheus: `/livez`, `/readyz` (as the api's, plus whether the workers
 * have started), `/metrics`. Throws `StartError`.
 */
export async function startHealthServer(about: {
  redis: RedisClient
  registry: Registry
  log: Logger
  started: () => boolean
}): Promise<{ close(): Promise<void> }> {
  const { redis, registry, log, started } = about
  const port = readPort('WORKER_PORT', 3001)
  const host = process.env['HOST'] ?? '127.0.0.1'
  const readiness = cachedFor(FRESH_MS, () => readRedisHealth(redis))
  const app = Fastify({ logger: false, forceCloseConnections: true })
  app.get('/livez', () => ({ Alive: true }))
  app.get('/readyz', async (_request, reply) => {
    const found = await readiness()
    const Ready = found.Ready && started()
    return reply
      .code(Ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ...found, Ready })
  })
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  await listenOn(app, { host, port, variable: 'WORKER_PORT' })
  log.info({ port, host }, 'worker.listening')
  return { close: () => app.close() }
}
