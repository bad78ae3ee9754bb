import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../http/refusal.ts'
import { isOwnRequest, type Identity } from '../identify.ts'
import { mayDo, type Right } from '../rights.ts'
import { auditRoutes } from './audit-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import { eventsRoute } from './events-route.ts'
import { fleetRoutes } from './fleet-routes.ts'
import { jobRoutes } from './job-routes.ts'
import type { OperatorApiOptions } from './operator-route.ts'
import { webhookRoutes } from './webhook-routes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What an operator needs for this route; default `see`. */
    right?: Right
  }
}

/**
 * `/api/v1/operator`: what operators see and do. Requires the plugins `operators` and `connections`. Without operators in
 * the configuration every route is a 404.
 */
export const operatorApi: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, options) => {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('Cache-Control', 'no-store')
    if (app.operators.length === 0) throw new Refusal('not-found', 'There is nothing at this path; see /docs.')
    const { right = 'see' } = request.routeOptions.config
    request.identity = await authorize(app, request, right)
    request.operator = request.identity.operator
    request.noted['operator'] = request.operator.name
    return undefined
  })

  for (const routes of [connectionRoutes, jobRoutes, webhookRoutes, fleetRoutes, auditRoutes, eventsRoute]) {
    await app.register(routes, options)
  }
}

/** Identifies the operator. Throws a 401 or a 403. */
async function authorize(app: FastifyInstance, request: FastifyRequest, right: Right): Promise<Identity> {
  const isIdle = request.routeOptions.url?.endsWith('/Events') ?? false
  const identity = await app.identifyOperator(request, { isIdle })
  if (!identity) {
    const detail = 'Send the token of an operator as `Authorization: Bearer`, or sign in at /admin/login.'
    throw new Refusal('operator-unauthorized', detail, {}, { 'WWW-Authenticate': 'Bearer realm="encounter-gateway"' })
  }
  const { method, headers } = request
  if (method !== 'GET' && method !== 'HEAD' && !isOwnRequest(identity, headers['x-csrf-token'])) {
    throw new Refusal('operator-forbidden', 'A change made with a session needs its X-CSRF-Token.')
  }
  if (!mayDo(identity.operator, right)) {
    throw new Refusal('operator-forbidden', `The role ${identity.operator.role} does not include this.`)
  }
  return identity
}
