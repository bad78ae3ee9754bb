import { Queue } from 'bullmq'
import { KEY_PREFIX } from '../redis/key-prefix.ts'
import { WEBHOOK_QUEUE } from '../records/queue.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { WebhookMessage, WebhookType } from './message.ts'

const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S

/** Number of attempts before a message becomes a dead letter: one at once, then the nine of the worker's schedule. */
export const WEBHOOK_ATTEMPTS = 10

export type WebhookQueue = Queue<WebhookMessage, void, WebhookType>

/**
 * The queue of webhook deliveries; the name of a delivery's job is the type of its message, its id the `webhook-id`,
 * since an application has one endpoint.
 *
 * Delivered messages are kept for an hour, at most 10,000: for this time a message that is queued twice is recognised.
 * Dead letters are kept for thirty days, at most 50,000, since they take memory in Redis; they contain no patient data,
 * so BullMQ's lazy clean-up suffices.
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
