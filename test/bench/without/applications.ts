import type { applications as original } from '../../../api/src/admission/applications.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Every caller is the first application; no key is checked. */
export const applications: typeof original = fp(
  async function applications(app: FastifyInstance, options: { applications: readonly Application[] }) {
    const [first] = options.applications
    if (!first) throw new TypeError('there is no application')
    app.decorateRequest('application')
    app.addHook('onRequest', async (request) => {
      request.application = first
    })
  },
  { name: 'applications' },
)
