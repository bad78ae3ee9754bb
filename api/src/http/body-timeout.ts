import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { sendProblem } from './problems.ts'

/** Time limit for the whole body (1 MiB at most) to arrive. */
const BODY_TIMEOUT_MS = 60_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads its body itself, without a time limit. */
    streamsBody?: boolean
  }
}

/** Refuses a body that does not arrive in time; Node's own time-out would also end uploads that take an hour. */
export const bodyTimeout = fp(
  async function bodyTimeout(app: FastifyInstance) {
    app.addHook('preParsing', (request, reply, _payload, next) => {
      // most bodies arrive with their headers: they are complete in the next turn of the event loop
      if (!request.routeOptions.config.streamsBody) setImmediate(watch, request, reply)
      next()
    })

    function watch({ raw }: FastifyRequest, reply: FastifyReply): void {
      if (raw.complete || raw.destroyed) return
      const timer = setTimeout(() => {
        void sendProblem(
          reply.header('Connection', 'close'),
          problem('upload-stalled', 'The request did not arrive in time.'),
        )
        reply.raw.once('finish', () => raw.destroy())
      }, BODY_TIMEOUT_MS)
      const done = () => clearTimeout(timer)
      raw.once('end', done).once('close', done)
    }
  },
  { name: 'body-timeout' },
)
