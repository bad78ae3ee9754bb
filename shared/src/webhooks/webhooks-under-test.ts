import { randomBytes } from 'node:crypto'
import { connectRedis, untilReady } from '../redis/connect.ts'
import type { FeedMessage } from './feed.ts'
import { webhookKeys } from './keys.ts'
import type { Taken, TryEnd } from './lanes.ts'
import { openWebhookRecords } from './webhook-records.ts'

export const HOUR = 3_600_000

/** The webhooks of an application of their own, on the tests' Redis. */
export async function openWebhooks({ retentionMs = HOUR, configured = false } = {}) {
  const url = process.env['REDIS_URL']
  if (!url) throw new Error('REDIS_URL is not set: run tests with npm test')
  const redis = connectRedis(url, 'producer')
  await untilReady(redis)
  const application = `a${randomBytes(8).toString('hex')}`
  const records = openWebhookRecords(redis, { application, retentionMs, configured })
  const keys = webhookKeys(application)
  const { feed, lanes } = records

  return {
    ...records,
    redis,
    application,
    keys,
    /** Publishes messages with these ids, and returns how many were added. */
    async publish(...ids: string[]) {
      return (await feed.publish(ids.map((id) => message(id)))).filter((said) => said === 'added').length
    },
    /** Takes with room for `most`, and returns the ids. */
    async take(endpoint: string, most = 100, wants: Parameters<typeof lanes.take>[2] = {}) {
      const { taken } = await lanes.take(endpoint, most, wants)
      return taken
    },
    settle: (endpoint: string, ...ends: TryEnd[]) => lanes.settle(endpoint, ends, 5 * 24 * HOUR),
    /** Moves a time of the endpoint's lane. */
    async age(endpoint: string, field: string, byMs: number) {
      await redis.hincrby(`${keys.base}:lane:${endpoint}`, field, -byMs)
    },
    async [Symbol.asyncDispose]() {
      const names = await redis.keys(`${keys.base}:*`)
      if (names.length > 0) await redis.unlink(...names)
      redis.disconnect()
    },
  }
}

/** A message of the feed. */
export function message(id: string, more: Partial<FeedMessage> = {}) {
  return { id, type: 'encounter.created', connection: 'Sandbox.north', body: `{"of":"${id}"}`, ...more }
}

export const ids = (taken: readonly { id: string }[]): string[] => taken.map(({ id }) => id)

export const delivered = (taken: Taken): TryEnd => ({
  taken,
  kind: 'delivered',
  try: { at: Date.now(), ms: 5, status: 204 },
})

/** A failed try; without `nextInMs` the message becomes a dead letter. */
export const failed = (taken: Taken, nextInMs?: number): TryEnd => ({
  taken,
  kind: 'failed',
  nextInMs,
  try: { at: Date.now(), ms: 5, status: 500, failure: 'endpoint answered 500' },
})
