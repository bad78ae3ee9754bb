import type { Application, Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../http/refusal.ts'
import type { Actor } from '../acts.ts'
import type { JobActing } from '../job-acts.ts'

/** The dependencies of the API and of the pages. */
export type OperatorApiOptions = { applications: readonly Application[]; redis: RedisClient }

/** What every route of the operator API has in its description. */
export const operatorRoute = { tags: ['Operators'], security: [{ OperatorToken: [] }] }

/** The refusals that every route of the operator API can answer with. */
export const everyRoute = ['operator-unauthorized', 'operator-forbidden', 'internal', 'unavailable'] as const

/** The `config` of a route that changes something. */
export const acting = { right: 'act' } as const

/** The dependencies of an act that this request orders. */
export function actingOn(
  { audit, connections }: FastifyInstance,
  { log }: FastifyRequest,
  applications: readonly Application[],
): JobActing {
  return { audit, log, connections, applications }
}

/** The operator, whom the hook of the scope has identified. */
export function operatorOf(request: FastifyRequest): Operator {
  if (!request.operator) throw new TypeError('the hook of this scope identifies the operator')
  return request.operator
}

/** Who acts, with the reason from the body. */
export function actorOf(request: FastifyRequest, reason: string): Actor {
  return { operator: operatorOf(request), from: request.ip, reason }
}

/** A 400 about one field of the body. */
export function mistakeIn(name: string, Message: string): Refusal {
  return new Refusal('invalid-request', 'The body is not valid.', { Errors: [{ Pointer: `/${name}`, Message }] })
}
