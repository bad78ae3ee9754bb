import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { openAudit, type Audit } from '@encounter-gateway/shared/records/audit.ts'
import { openOperatorSessions } from '@encounter-gateway/shared/records/operator-sessions.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import cookie from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { identifier, type Identify, type Identity } from './identify.ts'
import { isApiRequest, returnPath, signIn } from './sign-in.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The signed-in operator; set in every handler under `/admin` except those of the sign-in. */
    operator: Operator | undefined
    /** The operator, and how the request showed who it is. */
    identity: Identity | undefined
  }
  interface FastifyInstance {
    /** The configured operators. */
    operators: readonly Operator[]
    identifyOperator: Identify
    audit: Audit
  }
}

/** The routes under `/admin` that do not require a sign-in. */
const openRoutes = new Set(['/admin/login', '/admin/style.css'])

/** Forbids framing, caching, sniffing and referrers to other sites, and loading anything from elsewhere. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** The dependencies of the sign-in and of everything behind it. */
export type OperatorOptions = { operators: readonly Operator[]; sealingKeys: SealingKeys; redis: RedisClient }

/**
 * Restricts every route under `/admin`, whichever plugin registers it, to operators who signed in at `/admin/login`.
 * The guard checks the matched route instead of the URL, so that no spelling of a URL bypasses it. Without operators in
 * the configuration all of `/admin` is a 404.
 */
export const operators = fp(
  async function operators(app: FastifyInstance, { operators, sealingKeys, redis }: OperatorOptions) {
    const sessions = openOperatorSessions(redis)
    // only requests of operators use cookies
    await app.register(cookie, { hook: false })
    app.decorateRequest('operator', undefined)
    app.decorateRequest('identity', undefined)
    app.decorate('operators', { getter: () => operators })
    app.decorate('identifyOperator', identifier(app, { operators, sessions }))
    app.decorate('audit', { getter: () => audit })
    const audit = openAudit(redis, sealingKeys)

    // a reply sent here ends the request: nothing after this hook runs
    app.addHook('onRequest', async (request, reply) => {
      const route = request.routeOptions.url ?? ''
      if (route !== '/admin' && !route.startsWith('/admin/')) return undefined
      if (operators.length === 0) return refuse(reply, 404, 'There is nothing at this path; see /docs.')
      reply.headers(SECURITY_HEADERS)
      if (comesFromElsewhere(request)) return refuse(reply, 403, 'This form was sent from another site.')
      // the stylesheet must not keep a session alive
      if (route === '/admin/style.css') return undefined
      const identity = await app.identifyOperator(request)
      request.identity = identity
      request.operator = identity?.operator
      if (identity || openRoutes.has(route)) return undefined
      if (isApiRequest(request)) return refuse(reply, 401, 'Sign in at /admin/login.')
      return reply.redirect(`/admin/login?next=${encodeURIComponent(returnPath(request.url))}`, 303)
    })

    if (operators.length > 0) await app.register(signIn, { prefix: '/admin', operators, sessions })
  },
  { name: 'operators' },
)

/**
 * SameSite=Strict does not stop a form on a sibling domain; browsers send the origin of a request in Sec-Fetch-Site.
 */
function comesFromElsewhere({ method, headers }: FastifyRequest): boolean {
  const from = headers['sec-fetch-site']
  return method !== 'GET' && method !== 'HEAD' && from !== undefined && from !== 'same-origin' && from !== 'none'
}

const titles = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found' }

function refuse(reply: FastifyReply, status: keyof typeof titles, detail: string): FastifyReply {
  const title = titles[status]
  return reply.code(status).type('application/problem+json').send({ type: 'about:blank', title, status, detail })
}
