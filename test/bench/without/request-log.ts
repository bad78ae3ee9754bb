import type { requestLog as original } from '../../../api/src/http/request-log.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** No `X-Request-Id`, no line. */
export const requestLog: typeof original = fp(
  async function requestLog(app: FastifyInstance) {
    app.decorateRequest('noted')
    app.addHook('onRequest', async (request) => {
      request.noted = {}
    })
  },
  { name: 'request-log' },
)
