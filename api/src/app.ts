import type { Config } from '@encounter-gateway/shared/config/config.ts'
import { nameOf } from '@encounter-gateway/shared/connection.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis.ts'
import { openWebhookQueue } from '@encounter-gateway/shared/webhook-queue.ts'
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { applications } from './plugins/applications.ts'
import { answerBrokenRequest } from './plugins/broken-requests.ts'
import { bodyTimeout } from './plugins/body-timeout.ts'
import { connections } from './plugins/connections.ts'
import { draining } from './plugins/draining.ts'
import { itemSealing } from './plugins/item-sealing.ts'
import { BODY_LIMIT_BYTES, jsonBody } from './plugins/json-body.ts'
import { metrics } from './plugins/metrics.ts'
import { openapi } from './plugins/openapi.ts'
import { operators } from './plugins/operators.ts'
import { problems, sendError } from './plugins/problems.ts'
import { rateLimit } from './plugins/rate-limit.ts'
import { requestLog } from './plugins/request-log.ts'
import { room } from './plugins/room.ts'
import { validation } from './plugins/validation.ts'
import { waiters } from './plugins/waiters.ts'
import { requestIdOf } from './request-id.ts'
import { board } from './routes/board.ts'
import { batches } from './routes/batches.ts'
import { batchUpload } from './routes/batch-upload.ts'
import { docs } from './routes/docs.ts'
import { health } from './routes/health.ts'
import { jobList } from './routes/job-list.ts'
import { jobs } from './routes/jobs.ts'
import { patientEncounters } from './routes/patient-encounters.ts'

/** What the api stands on. Both connections to Redis stay the caller's to close, after the app. */
export type AppOptions = {
  config: Config
  /** Takes commands at once or fails: role `producer`. */
  redis: RedisClient
  /** Listens for outcomes: role `consumer`, used for nothing else. */
  subscriber: RedisClient
  logger: FastifyBaseLogger
  /** How many proxies in front are believed in what they say of the caller's address and of TLS; none if left out. */
  trustedProxies?: number
  /** How long an upload of a batch may bring nothing, in ms; 30 seconds if left out. */
  uploadStallMs?: number
}

/** The whole HTTP side, ready to listen. */
export async function buildApp({
  config,
  redis,
  subscriber,
  logger,
  trustedProxies = 0,
  uploadStallMs,
}: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    bodyLimit: BODY_LIMIT_BYTES,
    // plugins/body-timeout.ts bounds bodies, Node's headersTimeout (60 s) what comes before them
    requestTimeout: 0,
    trustProxy: (_address, hop) => hop < trustedProxies,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      reply.header('X-Request-Id', request.id)
      void sendError(error, request, reply)
    },
  })
  const { sealingKeys, retention } = config

  await app.register(problems)
  await app.register(requestLog)
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
  await app.register(room, { redis })
  await app.register(waiters, { subscriber })
  const queues = new Map(app.connections.all.map(({ settings, queue }) => [nameOf(settings), queue]))
  const webhooks = openWebhookQueue(redis)
  webhooks.on('error', () => undefined)
  app.addHook('onClose', () => webhooks.close())
  await app.register(metrics, { redis, connections: config.connections, queues, webhooks })

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
      await api.register(patientEncounters, { sealingKeys })
      await api.register(jobs)
      await api.register(jobList)
      await api.register(batches)
      await api.register(itemSealing, { sealingKeys })
      await api.register(batchUpload, { stallMs: uploadStallMs })
    },
    { prefix: '/api/v1' },
  )
  await app.register(health, { redis })
  await app.register(docs)
  await app.register(operators, { operators: config.operators, sealingKeys })
  await app.register(board, { queues, webhooks })
  return app
}
