import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { KEY_PREFIX } from '@encounter-gateway/shared/redis/key-prefix.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { asSent } from '@encounter-gateway/shared/webhooks/message.ts'
import { OLD_WEBHOOK_QUEUE, type OldWebhookMessage } from '@encounter-gateway/shared/webhooks/old-queue.ts'
import { Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Publish } from './publish.ts'

/** How often deliveries without a worker are looked for; twice seen, one is moved. */
const STALLED_CHECK_MS = 5 * SECOND

/**
 * Moves the deliveries that an older version left in its queue to the feeds: each at the time of its next try, which then
 * is the first of the whole schedule. Dead letters stay there until their thirty days are over.
 */
export function drainOldQueue(redis: RedisClient, publish: Publish, log: Logger): { close(): Promise<void> } {
  const publishOld = async ({ data: { id, application, body } }: { data: OldWebhookMessage }) => {
    const { EMRSystem: emrSystem, EmrInstance: emrInstance } = body.data
    const connection = emrSystem && emrInstance ? nameOf({ emrSystem, emrInstance }) : undefined
    await publish([{ id, application, connection, ...asSent(body) }])
  }
  const worker = new Worker<OldWebhookMessage, void>(OLD_WEBHOOK_QUEUE, publishOld, {
    connection: redis,
    prefix: KEY_PREFIX,
    skipVersionCheck: true,
    // one that an older version had under way when it was killed
    stalledInterval: STALLED_CHECK_MS,
    removeOnComplete: { count: 0 },
    // an application that is no longer in the configuration has no feed
    removeOnFail: { age: 30 * 24 * 3_600, count: 50_000 },
  })
  worker.on('error', (err) => log.debug({ err }, 'webhooks.oldQueueError'))
  return { close: () => worker.close() }
}
