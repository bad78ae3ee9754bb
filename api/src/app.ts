import type { Config } from '@encounter-gateway/shared/config/config.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { openOldWebhookQueue } from '@encounter-gateway/shared/webhooks/old-queue.ts'
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { applications } from './admission/applications.ts'
import { answerBrokenRequest } from './http/broken-requests.ts'
import { bodyTimeout } from './http/body-timeout.ts'
import { connections } from './connections/connections.ts'
import { ownConnections } from './connections/own-connections.ts'
import { draining } from './http/draining.ts'
import { itemSealing } from './batches/item-sealing.ts'
import { BODY_LIMIT_BYTES, jsonBody } from './http/json-body.ts'
import { metrics } from './operations/metrics.ts'
import { openapi } from './http/openapi.ts'
import { operatorApi } from './operators/api/routes.ts'
import { operators } from './operators/operators.ts'
import { problems, sendError } from './http/problems.ts'
import { rateLimit } from './admission/rate-limit.ts'
import { requestLog } from './http/request-log.ts'
import { capacity } from './admission/capacity.ts'
import { buildSerializer } from './http/serializers.ts'
import { SAFE_TYPES, strictHttp } from './http/strict-http.ts'
import { unknownCallers, type UnknownLimits } from './admission/unknown-callers.ts'
import { validation } from './http/validation.ts'
import { waiters } from './connections/waiters.ts'
import { newRequestId, requestIdFields } from './http/request-id.ts'
import { operatorPages } from './operators/pages/routes.ts'
import { board } from './operators/board.ts'
import { batches } from './batches/routes.ts'
import { batchUpload } from './batches/upload-route.ts'
import { docs } from './operations/docs.ts'
import { health } from './operations/health.ts'
import { jobList } from './jobs/list-route.ts'
import { jobs } from './jobs/routes.ts'
import { applicationWebhooks } from './webhooks/application-webhooks.ts'
import { webhookDeliveries } from './webhooks/delivery-routes.ts'
import { webhookEvents } from './webhooks/events-route.ts'
import { webhookEndpoints } from './webhooks/routes.ts'
import { previews } from './encounters/preview.ts'
import { patientEncounters } from './encounters/routes.ts'

/** The dependencies of the api. The caller closes both connections to Redis, after the app. */
export type AppOptions = {
  config: Config
  /** For commands, which fail at once if Redis is unreachable: role `producer`. */
  redis: RedisClient
  /** Only for the subscription to outcomes: role `consumer`. */
  subscriber: RedisClient
  logger: FastifyBaseLogger
  /** Number of trusted reverse proxies (`X-Forwarded-*`); default 0. */
  trustedProxies?: number
  /** How long an upload of a batch may stall, in ms; default 30 seconds. */
  uploadStallMs?: number
  /** The limits of callers that are not known yet. */
  unknownLimits?: Partial<UnknownLimits>
}

/** Builds the HTTP server with all its routes, ready to listen. */
export async function buildApp({
  config,
  redis,
  subscriber,
  logger,
  trustedProxies = 0,
  uploadStallMs,
  unknownLimits,
}: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
    schemaController: { compilersFactory: { buildSerializer } },
    // http/body-timeout.ts limits the time for bodies, Node's headersTimeout (60 s) that for headers
    requestTimeout: 0,
    // http/strict-http.ts refuses a missing Host: Node's own refusal has no body
    http: { requireHostHeader: false },
    trustProxy: (_address, hop) => hop < trustedProxies,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...requestIdFields(request.id, request.raw), ...SAFE_TYPES })
      void sendError(error, request, reply)
    },
  })
  const { sealingKeys, retention } = config

  await app.register(problems)
  await app.register(requestLog)
  await app.register(strictHttp)
  await app.register(unknownCallers, { trustedProxies, limits: unknownLimits })
  await app.register(draining)
  await app.register(validation)
  await app.register(openapi)
  await app.register(connections, {
    redis,
    sealingKeys,
    retention,
    connections: config.connections,
    applications: config.applications,
  })
  await app.register(capacity, { redis })
  await app.register(waiters, { subscriber, applications: config.applications })
  await app.register(applicationWebhooks, { redis, config })
  await app.register(previews, { redis, subscriber, sealingKeys })
  const webhooks = new Map(config.applications.map((each) => [each.name, app.webhooksOf(each)]))
  await app.register(metrics, { connections: app.connections.all, webhooks })

  await app.register(
    async (api) => {
      api.addHook('onRequest', (_request, reply, done) => {
        reply.header('Cache-Control', 'no-store')
        done()
      })
      await api.register(bodyTimeout)
      await api.register(jsonBody)
      await api.register(applications, { applications: config.applications })
      await api.register(rateLimit, { redis, applications: config.applications })
      await api.register(patientEncounters)
      await api.register(jobs)
      await api.register(jobList)
      await api.register(ownConnections)
      await api.register(batches, { applications: config.applications })
      await api.register(itemSealing, { sealingKeys })
      await api.register(batchUpload, { stallMs: uploadStallMs })
      await api.register(webhookEndpoints, { config })
      await api.register(webhookDeliveries, { config })
      await api.register(webhookEvents)
    },
    { prefix: '/api/v1' },
  )
  await app.register(health, { redis })
  await app.register(docs)
  await app.register(operators, { operators: config.operators, sealingKeys, redis })
  await app.register(
    async (scope) => {
      await scope.register(bodyTimeout)
      await scope.register(jsonBody)
      await scope.register(operatorApi, { applications: config.applications, redis })
    },
    { prefix: '/api/v1/operator' },
  )
  await app.register(operatorPages, { prefix: '/admin', applications: config.applications, redis })
  const queues = new Map(app.connections.all.map(({ settings, records }) => [nameOf(settings), records.queue]))
  const oldWebhooks = openOldWebhookQueue(redis)
  oldWebhooks.on('error', () => undefined)
  app.addHook('onClose', () => oldWebhooks.close())
  await app.register(board, { queues, webhooks: oldWebhooks })
  return app
}
