import { fastify, type FastifyError, type FastifyInstance } from 'fastify'
import { controlRoutes } from './control-routes.ts'
import { encounterRoutes } from './encounter-routes.ts'
import { Encounters } from './encounters.ts'
import { Faults } from './faults.ts'
import { problem } from './problem.ts'

/** How a Sandbox EMR differs from the usual one. */
export type SandboxOptions = {
  /** Encounters kept, the newest; 200,000 unless said otherwise (about 1.5 KB each). */
  keep?: number
  /** How late SANDBOX-SLOW is answered, 5 s unless said otherwise. */
  slowMs?: number
  /** How late SANDBOX-TIMEOUT is answered, 60 s unless said otherwise. */
  timeoutMs?: number
}

/**
 * The Sandbox EMR: takes encounters in the Unified Data Model, keeps them in memory, and misbehaves when asked to.
 * Like a real EMR it does not care whether it has seen a correlation key before. Nothing of a request is ever logged.
 */
export function buildSandboxEmr(options: SandboxOptions = {}): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 2 * 1024 * 1024,
    // Requests that are left hanging on purpose must not hold up the end.
    forceCloseConnections: true,
    ajv: { customOptions: { allErrors: true, coerceTypes: false, removeAdditional: false } },
  })
  const encounters = new Encounters(options.keep ?? 200_000)
  const faults = new Faults()

  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/control') return
    const { down, hangAll } = faults.settings
    if (!down && !hangAll) return
    reply.hijack()
    if (down) request.raw.socket.destroy()
  })
  app.setErrorHandler<FastifyError>(async (error, _request, reply) => {
    // A request that waits when the Sandbox EMR stops is cut off, as by a crash; an answer would be a false one.
    if (error.name === 'AbortError') {
      reply.hijack()
      reply.raw.destroy()
      return reply
    }
    const status = error.statusCode ?? 500
    const found = error.validation?.map(({ instancePath, params, message }) => ({
      Pointer: error.validationContext === 'body' ? instancePath + namedIn(params) : '',
      Message: 'additionalProperty' in params ? 'is not known here' : (message ?? 'is not valid'),
    }))
    return reply.code(status).type('application/problem+json').send(problem(status, found))
  })
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).type('application/problem+json').send(problem(404)))

  app.get('/health', async () => ({ Status: 'ok', Encounters: encounters.size, Created: encounters.created }))
  app.register(controlRoutes, { faults })
  app.register(encounterRoutes, {
    encounters,
    faults,
    slowMs: options.slowMs ?? 5_000,
    timeoutMs: options.timeoutMs ?? 60_000,
  })
  return app
}

/** ajv points at the object when a property is missing or unknown; the one at fault is better. */
function namedIn(params: Record<string, unknown>): string {
  const name = params['missingProperty'] ?? params['additionalProperty']
  return typeof name === 'string' ? `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
}
