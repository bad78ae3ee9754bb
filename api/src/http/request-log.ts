import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { requestIdFields } from './request-id.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Fields for the log line of the request: ids and names of the gateway, never content of the request. */
    noted: Record<string, string | number>
  }
}

/**
 * Identifies every request in its reply, and writes one log line per request (debug; info if it was refused). The line
 * contains the pattern of the route instead of the path, since a path may contain anything.
 */
export const requestLog = fp(
  async function requestLog(app: FastifyInstance) {
    app.decorateRequest('noted')
    app.addHook('onRequest', (request, reply, done) => {
      request.noted = {}
      reply.headers(requestIdFields(request.id, request.raw))
      done()
    })
    app.addHook('onResponse', (request, reply, done) => {
      const about = {
        method: request.method,
        route: request.routeOptions.url ?? '(none)',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        ...request.noted,
      }
      request.log[reply.statusCode < 400 ? 'debug' : 'info'](about, 'request.handled')
      done()
    })
  },
  { name: 'request-log' },
)
