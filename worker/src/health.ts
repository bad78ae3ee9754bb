import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import { ConfigError } from '@encounter-gateway/shared/config/config.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

/** However many probes arrive, Redis is asked at most once in this time. */
const FRESH_MS = 1000

/** Why the worker's own port cannot be opened, in one sentence. */
export class PortTaken extends Error {
  override name = 'PortTaken'
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (port <= 65_535) return port
  throw new ConfigError('in the environment', [{ Pointer: 'WORKER_PORT', Message: 'must be a number from 0 to 65535' }])
}

/**
 * The worker's own port for orchestrators and Prometheus: `/livez`, `/readyz` (as the api's, plus whether the workers
 * have started), `/metrics`. Throws `PortTaken`.
 */
export async function startHealthServer(about: {
  redis: RedisClient
  registry: Registry
  log: Logger
  started: () => boolean
}): Promise<{ close(): Promise<void> }> {
  const { redis, registry, log, started } = about
  const port = readPort(process.env['WORKER_PORT'] ?? '3001')
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
  try {
    await app.listen({ port, host })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
    throw new PortTaken(`Port ${port} on ${host} is in use: stop the process that holds it, or set WORKER_PORT.`)
  }
  log.info({ port, host }, 'worker.listening')
  return { close: () => app.close() }
}
