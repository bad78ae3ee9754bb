import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { mergeHeaderParameters } from '@encounter-gateway/shared/contract/header-parameters.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../http/refusal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The calling application; set on every route of this scope before its handler runs. */
    application: Application
  }
}

type Credentials = { ApplicationName?: string; ApplicationKey?: string }

/**
 * Authenticates the calling application by name and key, sent as headers or as properties of the body; a header takes
 * precedence. Runs before the validation, so that only authenticated callers get validation errors.
 */
export const applications = fp(
  async function applications(app: FastifyInstance, options: { applications: readonly Application[] }) {
    const identify = identifier(options.applications)
    app.decorateRequest('application')

    app.addHook('onRequest', (request, _reply, done) => {
      const { merged } = mergeHeaderParameters(request.raw)
      if (merged.ApplicationName && merged.ApplicationKey) request.application = identify(merged)
      done()
    })

    app.addHook('preValidation', async (request) => {
      request.application ??= identify(mergeHeaderParameters(request.raw, textsOf(request.body)).merged)
      request.noted['application'] = request.application.name
    })
  },
  { name: 'applications', dependencies: ['request-log'] },
)

/**
 * Finds the application with this name and key. Throws a 401, after the same time for a wrong key as for an unknown
 * name.
 */
function identifier(known: readonly Application[]): (credentials: Credentials) => Application {
  const byName = new Map(known.map((application) => [application.name, application]))
  const digestOf = new Map(
    known.map(({ name, keyHash }) => [name, Buffer.from(keyHash.slice('sha256:'.length), 'hex')]),
  )
  const nobodys = randomBytes(32)
  // a verified key is kept and compared directly the next time: hashing costs 5 µs
  const proven = new Map<string, Buffer>()
  return ({ ApplicationName = '', ApplicationKey = '' }) => {
    const key = Buffer.from(ApplicationKey)
    const known = proven.get(ApplicationName)
    const application = byName.get(ApplicationName)
    if (application && known?.length === key.length && timingSafeEqual(known, key)) return application
    const sent = hash('sha256', key, 'buffer')
    const isRight = timingSafeEqual(sent, digestOf.get(ApplicationName) ?? nobodys)
    if (isRight && application) {
      proven.set(ApplicationName, key)
      return application
    }
    const detail = 'Send the ApplicationName and ApplicationKey of your application, each exactly once.'
    throw new Refusal('unauthorized', detail, {}, { 'WWW-Authenticate': 'ApplicationKey realm="encounter-gateway"' })
  }
}

/** The credentials in a body that has not been validated. */
function textsOf(body: unknown): Credentials {
  const { ApplicationName, ApplicationKey } = (body ?? {}) as Record<string, unknown>
  return {
    ...(typeof ApplicationName === 'string' && { ApplicationName }),
    ...(typeof ApplicationKey === 'string' && { ApplicationKey }),
  }
}
