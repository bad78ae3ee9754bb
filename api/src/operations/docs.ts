import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Everything is served by the gateway: the reference also works if the browser reaches nothing else. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `/openapi.json`, `/`, which leads to `/docs`, and `/docs` to browse and try the API. Requires the plugin `openapi`. */
export const docs = fp(
  async function docs(app: FastifyInstance) {
    app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'))
    app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
    await app.register(async (scope) => {
      scope.addHook('onRequest', async (_request, reply) => {
        reply.headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'x-content-type-options': 'nosniff' })
      })
      await scope.register(swaggerUi, {
        routePrefix: '/docs',
        theme: { title: 'Encounter Gateway API' },
        uiConfig: {
          layout: 'BaseLayout',
          docExpansion: 'list',
          displayRequestDuration: true,
          defaultModelsExpandDepth: 0,
        },
      })
    })
  },
  { name: 'docs', dependencies: ['openapi'], encapsulate: true },
)
