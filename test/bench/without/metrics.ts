import type { metrics as original } from '../../../api/src/operations/metrics.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Nothing is counted. */
export const metrics: typeof original = fp(
  async function metrics(app: FastifyInstance) {
    app.decorate('countAccepted', () => undefined)
  },
  { name: 'metrics' },
)
