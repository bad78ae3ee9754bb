import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from './refusal.ts'

/** Once the process is closing, what still comes in over kept connections is sent elsewhere, and no connection is kept longer. */
export const draining = fp(
  async function draining(app: FastifyInstance) {
    let closing = false
    app.addHook('preClose', async () => {
      closing = true
    })
    app.addHook('onRequest', (_request, _reply, done) => {
      if (!closing) return done()
      done(new Refusal('unavailable', 'This process is closing; send the request again.', {}, { 'Retry-After': '1' }))
    })
    // or a client that keeps its connection open for the next request would keep the process from ending
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (closing) reply.header('Connection', 'close')
      done()
    })
  },
  { name: 'draining' },
)
