/// <reference types="@fastify/swagger" />
import { nameOf, type ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { queueGauges, type QueueGaugeSources } from './queue-gauges.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts accepted jobs; a replayed Idempotency-Key does not count. */
    countAccepted(connection: ConnectionName, jobs?: number): void
  }
}

/** Seconds; a request with `Prefer: wait` may take a minute. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const schema = {
  operationId: 'getMetrics',
  tags: ['Operations'],
  security: [],
  summary: 'Get metrics',
  description: 'Metrics of this process and of the queues, in the text format of Prometheus.',
  response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } } },
}

/**
 * `/metrics` for Prometheus, from a registry of the app's own. Labels are connections, states, route patterns and
 * status codes, never ids, names or URLs: their number is unlimited, and they may reveal patient data.
 */
export const metrics = fp(
  async function metrics(app: FastifyInstance, sources: QueueGaugeSources) {
    const registry = new Registry()
    const registers = [registry]
    collectDefaultMetrics({ register: registry })

    const seconds = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'How long requests took, by route pattern',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers,
    })
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? '(none)'
      seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
      done()
    })

    const accepted = new Counter({
      name: 'gateway_accepted_total',
      help: 'Requests accepted by this process, each a new job',
      labelNames: ['connection'],
      registers,
    })
    for (const { settings } of sources.connections) accepted.inc({ connection: nameOf(settings) }, 0)
    app.decorate('countAccepted', (connection: ConnectionName, jobs = 1) =>
      accepted.inc({ connection: nameOf(connection) }, jobs),
    )

    const refresh = queueGauges(registers, sources)
    app.get('/metrics', { logLevel: 'warn', schema }, async (_request, reply) => {
      await refresh()
      return reply.type(registry.contentType).send(await registry.metrics())
    })
  },
  { name: 'metrics' },
)
