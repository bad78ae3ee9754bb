import { Queue } from 'bullmq'
import { KEY_PREFIX } from '../records/keys.ts'
import { WEBHOOK_QUEUE } from '../records/queue.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { WebhookMessage, WebhookType } from './message.ts'

const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S

/** How often one message is tried before it becomes a dead letter: at once, then by the nine steps of the worker's schedule. */
export const WEBHOOK_ATTEMPTS = 10

export type WebhookQueue = Queue<WebhookMessage, void, WebhookType>

/**
 * The queue of webhook deliveries; a delivery's job is named after what it tells of. Its id is the `webhook-id` for as long as
 * an application has one endpoint. (With several, the id of the job will have to name the endpoint too; the message's own id will not.)
 *
 * Delivered ones stay an hour, at most 10,000: so long is a message that was queued twice still recognised as the same one.
 * Dead letters stay thirty days, at most 50,000, since they lie in Redis' memory; they hold no patient data, so BullMQ's
 * lazy clean-up will do.
 */
export function openWebhookQueue(redis: RedisClient): WebhookQueue {
  return new Queue(WEBHOOK_QUEUE, {
    connection: redis,
    prefix: KEY_PREFIX,
    skipVersionCheck: true,
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: {
      attempts: WEBHOOK_ATTEMPTS,
      backoff: { type: 'custom' },
      stackTraceLimit: 0,
      removeOnComplete: { age: HOUR_S, count: 10_000 },
      removeOnFail: { age: 30 * DAY_S, count: 50_000 },
    },
  })
}
