/// <reference types="@fastify/swagger" />
import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import { Readiness } from '@encounter-gateway/shared/contract/readiness.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

/** Redis is checked at most once in this time, for any number of probes. */
const FRESH_MS = 1000

const Alive = Type.Object(
  { Alive: Type.Boolean() },
  { description: 'The process answers.', additionalProperties: false },
)

/** `/livez`: the process answers. `/readyz`: whether it can accept requests, with the checks of Redis; 503 if not. */
export async function health(app: FastifyInstance, { redis }: { redis: RedisClient }): Promise<void> {
  const readiness = cachedFor(FRESH_MS, () => readRedisHealth(redis))
  if (!app.getSchema('Readiness')) app.addSchema(Readiness)

  app.get(
    '/livez',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'getLiveness',
        tags: ['Operations'],
        security: [],
        summary: 'Check liveness',
        response: { 200: Alive },
      },
    },
    () => ({ Alive: true }),
  )

  app.get(
    '/readyz',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'getReadiness',
        tags: ['Operations'],
        security: [],
        summary: 'Check readiness',
        description:
          'Whether requests can be accepted: tests a write to Redis and its memory, and reports its durability. Redis is ' +
          'checked at most once per second.',
        response: { 200: refTo(Readiness), 503: refTo(Readiness) },
      },
    },
    async (_request, reply) => {
      const found = await readiness()
      return reply
        .code(found.Ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(found)
    },
  )
}
