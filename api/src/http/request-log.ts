import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** What a route has to say in the request's log line: ids and names of ours, nothing that came with the request. */
    noted: Record<string, string | number>
  }
}

/**
 * `X-Request-Id` on every reply, and one log line per request (debug; info if it was refused). The line has the pattern of
 * the route and not the path, since a caller may have put anything there.
 */
export const requestLog = fp(
  async function requestLog(app: FastifyInstance) {
    app.decorateRequest('noted')
    app.addHook('onRequest', (request, reply, done) => {
      request.noted = {}
      reply.header('X-Request-Id', request.id)
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
