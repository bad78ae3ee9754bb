import type { RedisClient } from '../redis/connect.ts'
import { runScript } from '../redis/script.ts'
import { CONFIGURED_ENDPOINT, laneKeys, webhookKeys } from './keys.ts'
import { webhookScripts } from './scripts.ts'
import type { WebhookRecordsAbout } from './context.ts'
import type { EndpointFilter } from './filter.ts'
import { HOUR } from '../durations.ts'

/** Messages that an application's feed keeps at most; some 300 bytes each. */
const MOST_MESSAGES = 1_000_000
/** For how long, and for how many messages, one that is published twice is recognised. */
const SEEN_MS = HOUR
const SEEN_MOST = 10_000

/** A message to the endpoints of an application. */
export type FeedMessage = {
  /** Sent as `webhook-id`: the same at every try. */
  id: string
  type: string
  /** The connection that it concerns, such as `Sandbox.north`, if it concerns one. */
  connection?: string | undefined
  /** The body as it is sent, without patient data. */
  body: string
  /** Only for this endpoint; it is not in the feed that consumers read. */
  only?: string | undefined
  /** For all endpoints but this one. */
  except?: string | undefined
}

/** A message as stored. */
export type StoredMessage = {
  /** Its place: `<ms>-<n>`. */
  feedId: string
  id: string
  type: string
  connection?: string
  body: string
  /** ms since the epoch */
  at: number
}

/** The messages to one application. */
export type Feed = {
  /**
   * Adds messages, each once: one that is published again within an hour, and while it is among the newest 10,000, is
   * recognised by its id. Wakes the endpoints. Returns the number of those added. One script.
   */
  publish(messages: readonly FeedMessage[]): Promise<number>
  /**
   * The next messages after a place, oldest first, at most `limit`; from the beginning without one. `next` is the place
   * to go on from; `missed` the number of messages between that are no longer kept. One command, rarely more.
   */
  read(after: string | undefined, limit: number): Promise<{ messages: StoredMessage[]; next?: string; missed: number }>
}

export function openFeed(redis: RedisClient, { application, retentionMs, configured }: WebhookRecordsAbout): Feed {
  const keys = { ...webhookKeys(application), configured: laneKeys(application, CONFIGURED_ENDPOINT).lane }
  const about = {
    endpoint: configured ? CONFIGURED_ENDPOINT : undefined,
    keptMs: retentionMs,
    keptMost: MOST_MESSAGES,
    seenMs: SEEN_MS,
    seenMost: SEEN_MOST,
  }
  return {
    publish(messages) {
      const each = messages.map(({ id, type, connection, body, only, except }) => {
        return { messageId: id, kind: type, connection, body, only, except }
      })
      return runScript(redis, webhookScripts.publish, keys, about, each)
    },

    async read(after, limit) {
      const messages: StoredMessage[] = []
      let next = after
      let missed = 0
      while (messages.length < limit) {
        const count = limit - messages.length
        const entries = await redis.xrange(keys.feed, next ? `(${next}` : '-', '+', 'COUNT', count)
        for (const entry of entries) {
          if (next) missed += numberOf(entry[0]) - numberOf(next) - 1
          next = entry[0]
          const message = readMessage(entry)
          if (!message.only) messages.push(message.stored)
        }
        if (entries.length < count) break
      }
      return { messages, ...(next && { next }), missed: Math.max(missed, 0) }
    },
  }
}

/** An entry of the feed. */
export function readMessage([feedId, flat]: [string, string[]]): { stored: StoredMessage } & Pick<
  FeedMessage,
  'only' | 'except'
> {
  const fields = new Map(Array.from({ length: flat.length / 2 }, (_, at) => [flat[at * 2], flat[at * 2 + 1] ?? '']))
  const connection = fields.get('connection')
  return {
    stored: {
      feedId,
      id: fields.get('id') ?? '',
      type: fields.get('type') ?? '',
      body: fields.get('body') ?? '',
      at: Number(feedId.split('-')[0]),
      ...(connection && { connection }),
    },
    only: fields.get('only'),
    except: fields.get('except'),
  }
}

/** Whether an endpoint wants a message: wanted.lua, for lists. */
export function wants(
  endpointId: string,
  { types, connections }: EndpointFilter,
  { stored, only, except }: ReturnType<typeof readMessage>,
): boolean {
  if (only !== undefined) return only === endpointId
  if (except === endpointId) return false
  if (types && !types.includes(stored.type)) return false
  return !connections || !stored.connection || connections.includes(stored.connection)
}

/** The running number of the message at a place. */
export function numberOf(feedId: string): number {
  return Number(feedId.split('-')[1])
}

/** Whether a text is a place in a feed. */
export function isFeedId(text: string): boolean {
  return /^[0-9]{1,16}-[0-9]{1,16}$/.test(text)
}
