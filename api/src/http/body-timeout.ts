import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { sendProblem } from './problems.ts'

/** For the whole body to arrive, a MiB at most. */
const BODY_TIMEOUT_MS = 60_000

declare module 'fastify' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merging with Fastify's own interface
  interface FastifyContextConfig {
    /** The route reads its body itself, for as long as that takes. */
    streamsBody?: boolean
  }
}

/** Gives up on a body that does not arrive in time; Node's own time-out knows no exception for uploads that take an hour. */
export const bodyTimeout = fp(
  async function bodyTimeout(app: FastifyInstance) {
    app.addHook('preParsing', (request, reply, _payload, next) => {
      // most bodies come with their head: they are there when the event loop comes round
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
