import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { FastifyInstance } from 'fastify'
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
      if (request.routeOptions.config.streamsBody || request.raw.complete) return next()
      const { raw } = request
      const timer = setTimeout(() => {
        void sendProblem(
          reply.header('Connection', 'close'),
          problem('upload-stalled', 'The request did not arrive in time.'),
        )
        reply.raw.once('finish', () => raw.destroy())
      }, BODY_TIMEOUT_MS)
      const done = () => clearTimeout(timer)
      raw.once('end', done).once('close', done)
      next()
    })
  },
  { name: 'body-timeout' },
)
