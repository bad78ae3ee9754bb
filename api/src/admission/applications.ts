import { keyHashesOf } from '@encounter-gateway/shared/config/application-keys.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { KEY_BYTES_AT_LEAST } from '@encounter-gateway/shared/config/short-key.ts'
import { mergeHeaderParameters } from '@encounter-gateway/shared/contract/header-parameters.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { Refusal } from '../http/refusal.ts'
import { openRefusedKeys } from './refused-keys.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The calling application; set on every route of this scope before its handler runs. */
    application: Application
  }
}

type Credentials = { ApplicationName?: string; ApplicationKey?: string }

/** Stands for every name that is no application's: such a name may be anything, also a key in the wrong field. */
const UNKNOWN = '(unknown)'

/**
 * Authenticates the calling application by name and key, sent as headers or as properties of the body; a header takes
 * precedence. Runs before the validation, so that only authenticated callers get validation errors.
 */
export const applications = fp(
  async function applications(app: FastifyInstance, options: { applications: readonly Application[] }) {
    const identify = identifier(options.applications, app)
    app.decorateRequest('application')
    app.addHook('onRequest', (request, _reply, done) => {
      const { merged } = mergeHeaderParameters(request.raw)
      if (merged.ApplicationName && merged.ApplicationKey) request.application = identify(request, merged)
      done()
    })
    app.addHook('preValidation', async (request) => {
      request.application ??= identify(request, mergeHeaderParameters(request.raw, textsOf(request.body)).merged)
      request.releaseBody?.()
      request.noted['application'] = request.application.name
    })
  },
  { name: 'applications', dependencies: ['request-log', 'unknown-callers'] },
)

/**
 * Finds the application with this name and key. Throws a 401, after the same time for a wrong key as for an unknown
 * name, and a 429 to a caller who sent too many wrong keys. A socket on which this application has proven itself is not
 * held, so that a guesser behind the same address does not stop it.
 */
function identifier(
  known: readonly Application[],
  { log, callerProven }: Pick<FastifyInstance, 'log' | 'callerProven'>,
): (request: FastifyRequest, credentials: Credentials) => Application {
  const byName = new Map(known.map((application) => [application.name, application]))
  const digestsOf = new Map(
    known.map((application) => [
      application.name,
      keyHashesOf(application).map((keyHash) => Buffer.from(keyHash.slice('sha256:'.length), 'hex')),
    ]),
  )
  const nobodys = [randomBytes(32)]
  // a verified key is kept and compared directly the next time: hashing costs 5 µs
  const proven = new Map<string, Buffer>()
  const refusedKeys = openRefusedKeys()
  const provenOn = new WeakMap<Socket, string>()
  const measured = new Set<string>()

  function prove(socket: Socket, name: string): void {
    if (provenOn.get(socket) === name) return
    provenOn.set(socket, name)
    callerProven(socket)
  }

  function measure(name: string, key: Buffer): void {
    if (key.length >= KEY_BYTES_AT_LEAST || measured.has(name)) return
    measured.add(name)
    log.warn({ application: name, bytesAtLeast: KEY_BYTES_AT_LEAST }, 'application.shortKey')
  }

  return (request, { ApplicationName = '', ApplicationKey = '' }) => {
    const application = byName.get(ApplicationName)
    const claimed = application ? ApplicationName : UNKNOWN
    const { socket } = request.raw
    // a request without a key guesses none
    const waitMs = ApplicationKey ? refusedKeys.waitMs(request.ip, claimed) : 0
    if (waitMs > 0 && provenOn.get(socket) !== claimed) throw held(request, claimed, waitMs)

    const key = Buffer.from(ApplicationKey)
    const known = proven.get(ApplicationName)
    if (application && known?.length === key.length && timingSafeEqual(known, key)) {
      prove(socket, claimed)
      return application
    }
    const sent = hash('sha256', key, 'buffer')
    // all are compared, so that the time does not tell which one was nearest
    const right = (digestsOf.get(ApplicationName) ?? nobodys).filter((digest) => timingSafeEqual(sent, digest))
    if (right.length > 0 && application) {
      proven.set(ApplicationName, key)
      prove(socket, claimed)
      measure(ApplicationName, key)
      return application
    }
    Object.assign(request.noted, { from: request.ip, claimed })
    const pauseMs = ApplicationKey ? refusedKeys.refused(request.ip, claimed) : 0
    if (pauseMs > 0) log.warn({ from: request.ip, claimed, pauseMs }, 'application.keysGuessed')
    const detail = 'Send the ApplicationName and ApplicationKey of your application, each exactly once.'
    throw new Refusal('unauthorized', detail, {}, { 'WWW-Authenticate': 'ApplicationKey realm="encounter-gateway"' })
  }
}

function held({ noted, ip: from }: FastifyRequest, claimed: string, waitMs: number): Refusal {
  Object.assign(noted, { from, claimed })
  const seconds = Math.ceil(waitMs / 1000)
  const detail = `Too many wrong keys came from your address under this name; wait ${seconds} seconds.`
  return new Refusal('too-many-requests', detail, {}, { 'Retry-After': String(seconds) })
}

/** The credentials in a body that has not been validated. */
function textsOf(body: unknown): Credentials {
  const { ApplicationName, ApplicationKey } = (body ?? {}) as Record<string, unknown>
  return {
    ...(typeof ApplicationName === 'string' && { ApplicationName }),
    ...(typeof ApplicationKey === 'string' && { ApplicationKey }),
  }
}
