import type { RedisClient } from '@encounter-gateway/shared/redis.ts'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

/** The worker's own port for orchestrators and Prometheus: `/livez`, `/readyz`, `/metrics`. */
export async function startHealthServer(about: {
  redis: RedisClient
  registry: Registry
  log: Logger
}): Promise<{ close(): Promise<void> }> {
  const { redis, registry, log } = about
  const port = Number(process.env['WORKER_PORT'] ?? 3001)
  const host = process.env['HOST'] ?? '127.0.0.1'
  const app = Fastify({ logger: false, forceCloseConnections: true })
  app.get('/livez', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    if (redis.status !== 'ready') return reply.code(503).send({ status: 'unavailable', redis: redis.status })
    return { status: 'ok', redis: 'ready' }
  })
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  try {
    await app.listen({ port, host })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
    process.stderr.write(`Port ${port} is in use: stop what holds it, or set WORKER_PORT.\n`)
    process.exit(1)
  }
  log.info({ port, host }, 'worker.listening')
  return { close: () => app.close() }
}
