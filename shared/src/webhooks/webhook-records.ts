import type { RedisClient } from '../redis/connect.ts'
import type { WebhookRecordsAbout } from './context.ts'
import { openDeliveries, type Deliveries } from './deliveries.ts'
import { openFeed, type Feed } from './feed.ts'
import { openLanes, type Lanes } from './lanes.ts'
import { CONFIGURED_ENDPOINT } from './keys.ts'
import { defineWebhookScripts } from './scripts.ts'

export { CONFIGURED_ENDPOINT }

/** Everything that is kept of one application's webhooks: the only way to it. */
export type WebhookRecords = {
  /** The messages to the application, each once. */
  feed: Feed
  /** Where each endpoint is in the feed, and how it answers. */
  lanes: Lanes
  /** The deliveries of an endpoint's messages. */
  deliveries: Deliveries
}

/** Opens the records on a connection to Redis, which the caller owns. Sends nothing by itself. */
export function openWebhookRecords(redis: RedisClient, about: WebhookRecordsAbout): WebhookRecords {
  defineWebhookScripts(redis)
  return {
    feed: openFeed(redis, about),
    lanes: openLanes(redis, about),
    deliveries: openDeliveries(redis, about),
  }
}
