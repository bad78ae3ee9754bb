import type { WebhookEndpoint as ConfiguredWebhook } from '@encounter-gateway/shared/config/schema.ts'
import { describeError } from '@encounter-gateway/shared/logger.ts'
import { openAudit } from '@encounter-gateway/shared/records/audit.ts'
import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { recordKeys } from '@encounter-gateway/shared/records/keys.ts'
import type { Ending } from '@encounter-gateway/shared/records/outcome.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { sealingKey, type SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { DeliveryStatus } from '@encounter-gateway/shared/webhooks/deliveries.ts'
import { CONFIGURED_ENDPOINT, openWebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import { createMetrics } from '@encounter-gateway/worker/metrics.ts'
import { startWebhookDeliveries } from '@encounter-gateway/worker/webhooks/webhook-worker.ts'
import { randomBytes } from 'node:crypto'
import { EventEmitter, on } from 'node:events'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import { startWebhookReceiver, type ReceiverAnswer } from '../fixtures/webhook-receiver.ts'
import { sharedRedisUrl } from '../fixtures/redis-server.ts'

/** In what jobs of this gateway get and result in. */
export const CANARY = 'CANARY-PATIENT'
/** In the URLs of its endpoints. */
export const URL_TOKEN = 'CANARY-URL-TOKEN'
export const BASE_URL_PATH = `/hooks?token=${URL_TOKEN}`

type Deliveries = Partial<Parameters<typeof startWebhookDeliveries>[0]>

/**
 * One application and one connection of their own, on real Redis, whose webhooks a worker's part in this process
 * delivers; everything is closed when the test ends. Each test file takes a database of its own: the old queue of webhooks
 * has the same name everywhere, and another file's worker must not take what is in it.
 */
export async function openDeliveringGateway(database: number) {
  const redisUrl = new URL(`${sharedRedisUrl()}/${database}`)
  const redis = connectRedis(redisUrl.href, 'consumer')
  onTestFinished(() => redis.disconnect())
  await untilReady(redis)
  const emrInstance = randomBytes(6).toString('hex')
  const connection = {
    emrSystem: 'Sandbox',
    emrInstance,
    deadlineHours: 1,
    maxAttempts: 5,
    timeoutMs: 10_000,
    concurrency: 5,
  } as const
  const application = `app-${connection.emrInstance}`
  const retention = { resultHours: 1, failedPayloadHours: 1, auditDays: 1 }
  const applications = [{ name: application, share: 1, webhook: { url: 'https://127.0.0.1/', secret: '' } }]
  const sealingKeys: SealingKeys = [sealingKey('k1', randomBytes(32))]
  const { jobs, queue: encounters } = openConnectionRecords(redis, { connection, sealingKeys, retention, applications })
  const keys = recordKeys(connection)
  const records = openWebhookRecords(redis, { application, retentionMs: 3_600_000, configured: true })
  onTestFinished(async () => {
    await encounters.obliterate({ force: true })
    await encounters.close()
    const kept = await redis.keys(`eg:{hooks.${application}}*`)
    if (kept.length > 0) await redis.unlink(...kept)
  })
  const logged = new EventEmitter()
  const lines: Record<string, unknown>[] = []
  const write = (text: string) => {
    const line = JSON.parse(text) as Record<string, unknown>
    lines.push(line)
    logged.emit('line', line)
  }
  const log = pino({ level: 'debug', serializers: { err: describeError } }, { write })
  const { registry, webhooks: figures } = createMetrics(
    [],
    () => [],
    () => '',
  )
  const audit = openAudit(redis, sealingKeys)

  return {
    redis,
    redisUrl,
    connection,
    application,
    sealingKeys,
    jobs,
    keys,
    records,
    log,
    lines,
    audit,
    registry,

    /** Accepts one job, ends it, and returns its id. */
    async finishJob(ending: Partial<Ending> = {}, BatchId?: string) {
      const { jobId } = await jobs.accept({ application, plain: Buffer.from(CANARY) })
      const routing = { application, ...(BatchId && { BatchId, ItemIndex: 0 }) }
      const created: Ending = {
        status: 'Succeeded',
        statusCode: 201,
        result: { EncounterId: CANARY, AlternativeIdentifiers: [] },
      }
      const said = await jobs.end({ jobId, routing, createdAt: Date.now() }, { ...created, ...ending })
      expect(said).toBe('recorded')
      return jobId
    },

    outboxSize: async () => (await redis.xlen(keys.outbox)) + (await redis.zcard(keys.oldOutbox)),

    /** Makes the entries of the outbox look a minute old. */
    async ageOutbox() {
      const entries = await redis.xrange(keys.outbox, '-', '+')
      await redis.unlink(keys.outbox)
      for (const [place, fields] of entries) {
        await redis.xadd(keys.outbox, `${Number.parseInt(place) - 60_000}-${place.split('-')[1]}`, ...fields)
      }
    },

    /** The delivery of a job's message, once it has this status. */
    async became(status: DeliveryStatus, jobId: string, { round = 1, tries = 1 } = {}) {
      const get = () => records.deliveries.get(CONFIGURED_ENDPOINT, `msg_${jobId}_${round}`)
      await expect.poll(async () => (await get())?.status, PATIENCE).toBe(status)
      await expect.poll(async () => (await get())?.tries.length ?? 0, PATIENCE).toBeGreaterThanOrEqual(tries)
      return get()
    },

    /** Resolves with the first log line with this message written from now on. */
    async nextLine(message: string) {
      for await (const [line] of on(logged, 'line') as AsyncIterable<[Record<string, unknown>]>) {
        if (line['msg'] === message) return line
      }
      throw new Error('the log has ended')
    },

    /** Starts a worker's deliveries for this application's endpoint. */
    deliver(webhook: ConfiguredWebhook | undefined, options: Deliveries & { allowHosts?: string[] } = {}) {
      const { allowHosts = [], ...rest } = options
      const keyHash = `sha256:${'0'.repeat(64)}`
      const settings = { name: application, keyHash, waitSeconds: 0, requestsPerMinute: 1, maxPending: 1, share: 1 }
      const running = startWebhookDeliveries({
        config: {
          applications: [{ ...settings, emrSystems: ['Sandbox'], ...(webhook && { webhook }) }],
          connections: [connection] as never,
          sealingKeys,
          retention,
          webhooks: { allowHttp: true, allowHosts, timeoutSeconds: 15, disableAfterDays: 5, retentionHours: 1 },
        },
        redis,
        log,
        audit,
        figures,
        retryScheduleMs: [1, 1, 1],
        ...rest,
      })
      onTestFinished(() => running.close())
      return running
    },
  }
}

/** A receiver, and the endpoint that leads to it; closed when the test ends. */
export async function openReceiver(answer?: ReceiverAnswer) {
  const started = await startWebhookReceiver(answer)
  onTestFinished(() => started[Symbol.asyncDispose]())
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  return { ...started, secret, endpoint: { url: started.url + BASE_URL_PATH, secret } }
}
