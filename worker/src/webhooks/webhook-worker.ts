import type { Config } from '@encounter-gateway/shared/config/config.ts'
import { KEY_PREFIX } from '@encounter-gateway/shared/redis/key-prefix.ts'
import type { ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import { WEBHOOK_QUEUE } from '@encounter-gateway/shared/records/queue.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { WebhookMessage, WebhookType } from '@encounter-gateway/shared/webhooks/message.ts'
import { openWebhookQueue } from '@encounter-gateway/shared/webhooks/queue.ts'
import { Worker } from 'bullmq'
import type { Logger } from 'pino'
import { DeliveryFailed, deliverWebhook, type DeliveryOffice } from './deliver-webhook.ts'
import { openWebhookSender } from './post-webhook.ts'
import { startRelay } from './relay.ts'
import { retryDelayMs } from './retry-schedule.ts'

const SECOND = 1000
/** Twice the time-out of a POST, so that no second worker gets a delivery while the first still works on it. */
const LOCK_MS = 30 * SECOND
/** A delivery may lose its worker this often; deliveries do not kill workers. */
const MAX_DEATHS = 10
/** How long deliveries in flight may take when the worker stops; what is not done by then goes back to the queue. */
const DRAIN_MS = 5 * SECOND

/** This process' part in delivering webhooks. */
export type WebhookDeliveries = {
  /** Signals that outcomes of this connection (by default of any) were just recorded. Returns at once. */
  poke(connection?: ConnectionName): void
  /** Moves what it was poked for to the queue, takes no more deliveries, gives those in flight five seconds. */
  close(): Promise<void>
}

/**
 * Starts to relay outcomes and to deliver webhooks. `redis` must be of the consumer role; the caller owns it.
 *
 * All endpoints share `concurrency` slots per worker. One that never answers holds a slot for 15 s at each try, so a
 * burst of 1,000 messages to it, with 20 slots, delays the others' by up to 12 minutes (less with more workers), and
 * less sharply at each later step of the schedule, since jitter spreads the tries. No message is lost. Good enough for
 * one endpoint per application; a share of slots per endpoint comes with endpoints as resources, which can be disabled.
 */
export function startWebhookDeliveries(about: {
  config: Pick<Config, 'applications' | 'connections' | 'webhooks'>
  redis: RedisClient
  log: Logger
  /** Called with the connection's name and the number of its outbox entries that could not be read. */
  unreadable: (connection: string, entries: number) => void
  concurrency?: number
  /** Waits between tries; for tests. The queue allows at most nine. */
  retryScheduleMs?: readonly number[]
  timeoutMs?: number
  sweepEveryMs?: number
  drainMs?: number
}): WebhookDeliveries {
  const { config, redis, log, retryScheduleMs } = about
  const stopping = new AbortController()
  const sender = openWebhookSender({
    rules: config.webhooks,
    stopping: stopping.signal,
    ...(about.timeoutMs !== undefined && { timeoutMs: about.timeoutMs }),
  })
  const office: DeliveryOffice = {
    endpointOf: (application) => config.applications.find(({ name }) => name === application)?.webhook,
    sender,
    log,
    ...(retryScheduleMs && { retryScheduleMs }),
  }
  const queue = openWebhookQueue(redis)
  queue.on('error', (err) => log.debug({ err }, 'webhooks.queueError'))
  const worker = new Worker<WebhookMessage, void, WebhookType>(
    WEBHOOK_QUEUE,
    (job, token = '') => deliverWebhook(job, token, office),
    {
      connection: redis,
      prefix: KEY_PREFIX,
      concurrency: about.concurrency ?? 20,
      lockDuration: LOCK_MS,
      maxStalledCount: MAX_DEATHS,
      skipVersionCheck: true,
      settings: {
        // -1 makes the delivery a dead letter
        backoffStrategy: (attemptsMade, _type, error) =>
          (error instanceof DeliveryFailed ? error.retryInMs : retryDelayMs(attemptsMade, 0, retryScheduleMs)) ?? -1,
      },
    },
  )
  worker.on('error', (err) => log.debug({ err }, 'webhooks.workerError'))
  const { connections } = config
  const { sweepEveryMs, unreadable } = about
  const relay = startRelay({
    redis,
    queue,
    connections,
    log,
    unreadable,
    ...(sweepEveryMs !== undefined && { sweepEveryMs }),
  })

  return {
    poke: (connection) => relay.poke(connection),
    async close() {
      await relay.close()
      const patience = setTimeout(() => stopping.abort(), about.drainMs ?? DRAIN_MS)
      await worker.close()
      clearTimeout(patience)
      await queue.close()
      await sender.close()
    },
  }
}
