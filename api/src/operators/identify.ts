import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { OperatorSessions, Session } from '@encounter-gateway/shared/records/operator-sessions.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createHash, hash, timingSafeEqual } from 'node:crypto'
import { SESSION_COOKIE } from './cookies.ts'

/** Who makes a request, and how that was shown. `session` is absent if it was a token. */
export type Identity = { operator: Operator; session?: Session & { token: string } }

/** Finds out who makes a request; `undefined` if that is nobody known. */
export type Identify = (request: FastifyRequest, about?: { isIdle?: boolean }) => Promise<Identity | undefined>

/**
 * Identifies operators by `Authorization: Bearer` or by the cookie of their session. A session ends when password, role
 * or scope of the operator change, and when the operator is removed.
 */
export function identifier(
  app: FastifyInstance,
  { operators, sessions }: { operators: readonly Operator[]; sessions: OperatorSessions },
): Identify {
  const digests = operators.flatMap((operator) =>
    operator.tokenHash ? [{ operator, digest: Buffer.from(operator.tokenHash.slice('sha256:'.length), 'hex') }] : [],
  )
  return async (request, about) => {
    const { authorization, cookie } = request.headers
    const [, bearer] = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? []
    if (authorization !== undefined) {
      const sent = hash('sha256', bearer ?? '', 'buffer')
      const found = digests.find(({ digest }) => timingSafeEqual(digest, sent))
      return bearer && found ? { operator: found.operator } : undefined
    }
    const token = cookie ? app.parseCookie(cookie)[SESSION_COOKIE] : undefined
    const session = token ? await sessions.read(token, about) : undefined
    const operator = session && operators.find(({ name }) => name === session.name)
    if (!token || !session || !operator || session.print !== printOf(operator)) return undefined
    return { operator, session: { ...session, token } }
  }
}

/** Changes with the password and the rights of an operator. */
export function printOf({ passwordHash, role, connections }: Operator): string {
  return createHash('sha256')
    .update(JSON.stringify([passwordHash, role, connections]))
    .digest('base64url')
}

/** Whether a change made with a session came from its own pages. A token needs no such proof: no browser sends it by itself. */
export function isOwnRequest({ session }: Identity, csrf: unknown): boolean {
  if (!session) return true
  if (typeof csrf !== 'string' || csrf.length !== session.csrf.length) return false
  return timingSafeEqual(Buffer.from(csrf), Buffer.from(session.csrf))
}
