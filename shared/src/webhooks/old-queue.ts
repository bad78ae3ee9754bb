import { Queue } from 'bullmq'
import { KEY_PREFIX } from '../redis/key-prefix.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { WebhookBody } from './packed-body.ts'

/** The queue in which versions up to 0.1 kept deliveries, and whose dead letters stay for their thirty days. */
export const OLD_WEBHOOK_QUEUE = '{webhooks}'

/** A delivery as they stored it. */
export type OldWebhookMessage = { id: string; application: string; body: WebhookBody }

/** Opens it to be looked at; workers drain it into the feeds. */
export function openOldWebhookQueue(redis: RedisClient): Queue<OldWebhookMessage, void> {
  return new Queue(OLD_WEBHOOK_QUEUE, { connection: redis, prefix: KEY_PREFIX, skipVersionCheck: true })
}
