import type { RedisClient } from '../redis/connect.ts'
import { runScript } from '../redis/script.ts'
import { CONFIGURED_ENDPOINT, laneKeys, webhookKeys } from './keys.ts'
import { webhookScripts } from './scripts.ts'
import type { WebhookRecordsAbout } from './context.ts'
import type { EndpointFilter } from './filter.ts'
import { unpackBody } from './packed-body.ts'
import { HOUR } from '../durations.ts'

/** Messages that an application's feed keeps at most; some 150 bytes each. */
const MOST_MESSAGES = 1_000_000
/** For how long, and for how many messages, one that is published twice is recognised. */
const LOOK_MS = HOUR
const LOOK_MOST = 10_000
/** Messages read at once from the newest one back. */
const LOOK_CHUNK = 1_000

/** A message to the endpoints of an application. */
export type FeedMessage = {
  /** Sent as `webhook-id`: the same at every try. */
  id: string
  type: string
  /** The connection that it concerns, such as `Sandbox.north`, if it concerns one. */
  connection?: string | undefined
  /** The body as it is sent, without patient data, or packed (packed-body.ts). */
  body: string
  /** Its place in the outbox of its connection, if it comes from there. */
  place?: string | undefined
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
  /** The body as it is sent. */
  body: string
  /** ms since the epoch */
  at: number
}

/** What came of a message that was published: it is in the feed now, was there before, or nobody has looked. */
export type Published = (typeof PUBLISHED)[keyof typeof PUBLISHED]
const PUBLISHED = { 1: 'added', 0: 'known', [-1]: 'unsure' } as const

/** The messages to one application. */
export type Feed = {
  /**
   * Adds messages, each once, and wakes the endpoints. One script. A message is recognised by its id for an hour and
   * while it is among the newest 10,000, but of those that come from an outbox only a `thorough` call looks: one whose
   * place there is not beyond that of all here is `unsure` otherwise. Reports on each message in its order.
   */
  publish(messages: readonly FeedMessage[], thorough?: boolean): Promise<Published[]>
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
    lookMs: LOOK_MS,
    lookMost: LOOK_MOST,
  }
  return {
    async publish(messages, thorough = false) {
      const each = messages.map(({ id, type, connection, body, place, only, except }) => {
        return { messageId: id, kind: type, connection, body, place, only, except }
      })
      const replies = await runScript(redis, webhookScripts.publish, keys, { ...about, thorough }, each)
      return replies.map((reply) => PUBLISHED[reply])
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
  const [id = '', type = ''] = [fields.get('id'), fields.get('type')]
  return {
    stored: {
      feedId,
      id,
      type,
      body: unpackBody(fields.get('body') ?? '', id, type, connection),
      at: Number(feedId.split('-')[0]),
      ...(connection && { connection }),
    },
    only: fields.get('only'),
    except: fields.get('except'),
  }
}

/** The message with this id, if it is among the newest 10,000. Reads up to ten pages of a thousand. */
export async function findNewest(redis: RedisClient, feed: string, id: string): Promise<StoredMessage | undefined> {
  let from = '+'
  for (let looked = 0; looked < LOOK_MOST; looked += LOOK_CHUNK) {
    const entries = await redis.xrevrange(feed, from, '-', 'COUNT', LOOK_CHUNK)
    // publish.lua writes the id first
    const found = entries.find(([, fields]) => fields[1] === id)
    if (found) return readMessage(found).stored
    const oldest = entries[LOOK_CHUNK - 1]
    if (!oldest) return undefined
    from = `(${oldest[0]}`
  }
  return undefined
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
