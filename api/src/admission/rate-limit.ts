import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../http/refusal.ts'
import { openRequestBudget } from './request-budget.ts'

/**
 * Enforces each application's `requestsPerMinute`, with the header fields of draft-ietf-httpapi-ratelimit-headers-11.
 */
export const rateLimit = fp(
  async function rateLimit(
    app: FastifyInstance,
    options: { redis: RedisClient; applications: readonly Application[] },
  ) {
    const budgets = new Map(
      options.applications.map((application) => [
        application.name,
        {
          admit: openRequestBudget(options.redis, application),
          policy: `"default";q=${application.requestsPerMinute};w=60`,
        },
      ]),
    )
    app.addHook('preValidation', async (request, reply) => {
      const budget = budgets.get(request.application.name)
      if (!budget) throw new TypeError('an application was admitted that is not configured')
      const { admitted, remaining, resetSeconds } = await budget.admit()
      reply.header('RateLimit-Policy', budget.policy)
      reply.header('RateLimit', `"default";r=${remaining};t=${resetSeconds}`)
      if (admitted) return
      const detail = `Your application may send ${request.application.requestsPerMinute} requests per minute; wait for the next minute.`
      throw new Refusal('too-many-requests', detail, {}, { 'Retry-After': String(resetSeconds) })
    })
  },
  { name: 'rate-limit', dependencies: ['applications'] },
)
