import type { RedisClient } from '../redis/connect.ts'
import { runScript } from '../redis/script.ts'
import { findNewest, numberOf, readMessage, wants, type StoredMessage } from './feed.ts'
import { laneKeys, webhookKeys } from './keys.ts'
import type { Try } from './lanes.ts'
import { webhookScripts } from './scripts.ts'
import type { WebhookRecordsAbout } from './context.ts'
import { filterArguments, type EndpointFilter } from './filter.ts'

/** Entries of the feed looked at in one command or script. */
const CHUNK = 500

/** The bits of one key; see settle.lua. */
const BLOCK = 65_536

/** `Waiting`: not tried yet, or under way, or to be tried again. `Failed`: a dead letter. */
export type DeliveryStatus = 'Waiting' | 'Delivered' | 'Failed'

/** A message to one endpoint, with its state and its tries. */
export type Delivery = StoredMessage & {
  status: DeliveryStatus
  /** The tries that are kept: at most the newest 20; none of a delivery that is not among the newest 10,000. */
  tries: KeptTry[]
}

type KeptTry = Try & { feedId: string }

/** Which deliveries to list. */
export type ListAbout = {
  status?: DeliveryStatus | undefined
  /** No older ones; ms since the epoch. */
  since?: number | undefined
  /** `next` of the page before; `isDeliveryCursor` checks one from outside. */
  after?: string | undefined
  limit: number
  /** Of the endpoint. */
  filter: EndpointFilter
}

/** A part of a list. `next`: where it goes on, if it does. */
export type DeliveryPage = { deliveries: Delivery[]; next?: string }

/** The deliveries of one endpoint's messages, kept as long as messages are. */
export type Deliveries = {
  /**
   * Deliveries of one status: newest first, by when they were delivered or given up, or are to be tried again; or of
   * all, by when the message came. Several commands for each.
   */
  list(endpointId: string, about: ListAbout): Promise<DeliveryPage>
  /** By the `webhook-id`, as long as its tries are kept, or while it is among the newest 10,000 of an hour. */
  get(endpointId: string, id: string): Promise<Delivery | undefined>
  /** Sends a message again; see resend.lua. Found as `get` finds it. */
  resend(endpointId: string, id: string): Promise<'queued' | 'waiting' | 'disabled' | 'unknown'>
  /** How many messages since a time, ms since the epoch, `recover` would send. */
  undelivered(endpointId: string, since: number, filter: EndpointFilter): Promise<number>
  /** Sends all messages since a time that the endpoint wants and has never received, and returns their number. */
  recover(endpointId: string, since: number, filter: EndpointFilter): Promise<number>
}

/** Whether a text can be `after`. */
export function isDeliveryCursor(text: string): boolean {
  return /^(f|[0-9]{1,16})_[0-9]{1,16}-[0-9]{1,16}$/.test(text)
}

type Place = { at: number; feedId: string }

/** Begins a cursor in the feed; one in a list begins with a time. */
const FEED_MARK = 'f_'

function placeOf(cursor: string | undefined): Place | undefined {
  const [at, feedId = ''] = cursor?.split('_') ?? []
  return at === undefined ? undefined : { at: Number(at), feedId }
}

export function openDeliveries(redis: RedisClient, { application }: WebhookRecordsAbout): Deliveries {
  const shared = webhookKeys(application)
  const keysOf = (endpointId: string) => ({ ...shared, ...laneKeys(application, endpointId) })

  async function messageAt(feedId: string) {
    const [entry] = await redis.xrange(shared.feed, feedId, feedId)
    return entry && readMessage(entry).stored
  }

  async function triesOf(endpointId: string, id: string): Promise<KeptTry[]> {
    const kept = await redis.lrange(keysOf(endpointId).tries(id), 0, -1)
    return kept.map((each) => JSON.parse(each) as KeptTry)
  }

  /** `undefined` if the endpoint neither has nor had the message. */
  async function statusOf(endpointId: string, feedId: string): Promise<DeliveryStatus | undefined> {
    const keys = keysOf(endpointId)
    const n = numberOf(feedId)
    const [position, due, busy, dead, bit] = await Promise.all([
      redis.hget(keys.lane, 'position'),
      redis.zscore(keys.due, feedId),
      redis.zscore(keys.busy, feedId),
      redis.zscore(keys.dead, feedId),
      redis.getbit(keys.delivered(Math.floor(n / BLOCK)), n % BLOCK),
    ])
    if (due ?? busy) return 'Waiting'
    if (dead) return 'Failed'
    if (bit === 1) return 'Delivered'
    return position !== null && n > numberOf(position) ? 'Waiting' : undefined
  }

  async function describe(endpointId: string, message: StoredMessage, status: DeliveryStatus): Promise<Delivery> {
    return { ...message, status, tries: await triesOf(endpointId, message.id) }
  }

  async function find(endpointId: string, id: string): Promise<StoredMessage | undefined> {
    const [tried] = await triesOf(endpointId, id)
    if (tried) return messageAt(tried.feedId)
    return findNewest(redis, shared.feed, id)
  }

  async function recovered(endpointId: string, since: number, filter: EndpointFilter, send: boolean): Promise<number> {
    let all = 0
    let from = String(Math.max(Math.floor(since), 0))
    for (;;) {
      const about = { base: shared.base, endpoint: endpointId, from, most: CHUNK, ...filterArguments(filter), send }
      const [found, last] = await runScript(redis, webhookScripts.recover, keysOf(endpointId), about)
      all += found
      if (!last) return all
      from = `(${last}`
    }
  }

  /** Places of a sorted set, newest first. Those before the cursor within the same millisecond are read and skipped. */
  async function placesIn(key: string, since: number, after: Place | undefined, count: number): Promise<Place[]> {
    const places: Place[] = []
    for (let offset = 0; places.length < count; offset += count) {
      const from = after?.at ?? '+inf'
      const reply = await redis.zrevrangebyscore(key, from, since, 'WITHSCORES', 'LIMIT', offset, count)
      for (let index = 0; index < reply.length; index += 2) {
        const place = { feedId: reply[index] ?? '', at: Number(reply[index + 1]) }
        if (!after || place.at < after.at || place.feedId < after.feedId) places.push(place)
      }
      if (reply.length < 2 * count) break
    }
    return places.slice(0, count)
  }

  async function listOf(endpointId: string, about: ListAbout & { status: DeliveryStatus }): Promise<DeliveryPage> {
    const { status, since = 0, after, limit } = about
    const { done, dead, due, busy } = keysOf(endpointId)
    const lists = { Delivered: [done], Failed: [dead], Waiting: [busy, due] }[status]
    const found = await Promise.all(lists.map((key) => placesIn(key, since, placeOf(after), limit + 1)))
    const places = found.flat().sort((a, b) => b.at - a.at || (a.feedId < b.feedId ? 1 : -1))
    const page = places.slice(0, limit)
    const deliveries = await Promise.all(
      page.map(async ({ feedId }) => {
        const message = await messageAt(feedId)
        return message && describe(endpointId, message, status)
      }),
    )
    const last = page.at(-1)
    return {
      // a message may no longer be kept
      deliveries: deliveries.filter((each) => each !== undefined),
      ...(places.length > limit && last && { next: `${last.at}_${last.feedId}` }),
    }
  }

  /** Messages as they came, newest first: all of them, or those that the endpoint has not reached. */
  async function listFeed(endpointId: string, about: ListAbout): Promise<DeliveryPage> {
    const { status, since = 0, after, limit, filter } = about
    const deliveries: Delivery[] = []
    const position = status && (await redis.hget(keysOf(endpointId).lane, 'position'))
    let end = after ? `(${after.slice(FEED_MARK.length)}` : '+'
    for (;;) {
      const entries = await redis.xrevrange(shared.feed, end, position ? `(${position}` : since, 'COUNT', CHUNK)
      for (const entry of entries) {
        const message = readMessage(entry)
        const { feedId, at } = message.stored
        if (at < since) return { deliveries }
        const said = wants(endpointId, filter, message) ? await statusOf(endpointId, feedId) : undefined
        if (said) deliveries.push(await describe(endpointId, message.stored, said))
        if (deliveries.length === limit) return { deliveries, next: FEED_MARK + feedId }
        end = `(${feedId}`
      }
      if (entries.length < CHUNK) return { deliveries }
    }
  }

  /** What has not been reached, then what is under way or due again. */
  async function listWaiting(endpointId: string, about: ListAbout): Promise<DeliveryPage> {
    const status = 'Waiting'
    if (about.after && !about.after.startsWith(FEED_MARK)) return listOf(endpointId, { ...about, status })
    const page = await listFeed(endpointId, { ...about, status })
    if (page.next) return page
    const limit = about.limit - page.deliveries.length
    const rest = await listOf(endpointId, { ...about, status, after: undefined, limit })
    return { ...rest, deliveries: [...page.deliveries, ...rest.deliveries] }
  }

  return {
    list(endpointId, about) {
      const { status } = about
      if (status === 'Waiting') return listWaiting(endpointId, about)
      return status ? listOf(endpointId, { ...about, status }) : listFeed(endpointId, about)
    },

    async get(endpointId, id) {
      const message = await find(endpointId, id)
      const status = message && (await statusOf(endpointId, message.feedId))
      return status && describe(endpointId, message, status)
    },

    async resend(endpoint, id) {
      const message = await find(endpoint, id)
      if (!message || !(await statusOf(endpoint, message.feedId))) return 'unknown'
      return runScript(redis, webhookScripts.resend, keysOf(endpoint), { endpoint, feedId: message.feedId })
    },

    undelivered: (endpointId, since, filter) => recovered(endpointId, since, filter, false),
    recover: (endpointId, since, filter) => recovered(endpointId, since, filter, true),
  }
}
