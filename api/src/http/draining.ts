import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from './refusal.ts'

/**
 * While the process is closing, refuses requests on open connections with a 503, and closes each connection after its
 * reply.
 */
export const draining = fp(
  async function draining(app: FastifyInstance) {
    let closing = false
    app.addHook('preClose', async () => {
      closing = true
    })
    app.addHook('onRequest', (_request, _reply, done) => {
      if (!closing) return done()
      done(
        new Refusal(
          'unavailable',
          'This process is shutting down; send the request again.',
          {},
          { 'Retry-After': '1' },
        ),
      )
    })
    // otherwise a keep-alive connection would keep the process from ending
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (closing) reply.header('Connection', 'close')
      done()
    })
  },
  { name: 'draining' },
)
