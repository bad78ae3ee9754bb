import type { RedisClient } from '../redis/connect.ts'
import { runScript } from '../redis/script.ts'
import { numberOf, readMessage, wants } from './feed.ts'
import { CONFIGURED_ENDPOINT, laneKeys, webhookKeys } from './keys.ts'
import { webhookScripts, type Settled } from './scripts.ts'
import type { WebhookRecordsAbout } from './context.ts'
import { filterArguments, type EndpointFilter } from './filter.ts'
import { unpackBody } from './packed-body.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Deliveries to one endpoint that may be under way in the whole fleet, while it answers well. */
const PLACES = 10
/**
 * For how long a worker has a message, unless it prolongs that: a worker that stands still for longer has its messages
 * delivered by another as well.
 */
export const LEASE_MS = 5 * SECOND
/** How often a worker prolongs the leases of what it still has. */
export const RENEW_MS = SECOND
/** A lease that has less left was not prolonged in time: its worker may be dead, and its place is no longer counted. */
const LOST_MS = LEASE_MS - 1.5 * RENEW_MS
/** Deliveries and dead letters listed per endpoint. */
const DONE_MOST = 10_000
const DEAD_MOST = 50_000
/** Failures in a row that open the breaker of an endpoint; it stays open for so long, then twice as long, and so on. */
const IN_ROW = 5
const OPEN_MS = 5 * SECOND
const LONGEST_OPEN_MS = 5 * MINUTE
const COUNTED_EXACTLY = 1_000

/** The reason of an endpoint that its application has disabled, rather than its failures. */
export const BY_ITS_OWNER = 'disabled by its application'
/** The same of one that an operator has disabled. */
export const BY_AN_OPERATOR = 'disabled by an operator'

/** A message that this process may deliver now, until the lease ends. */
export type Taken = {
  feedId: string
  /** The `webhook-id`. */
  id: string
  connection?: string
  body: string
  /** Tries before this one. */
  tries: number
  /** ms since the epoch, and the proof that nobody else has the message; `renew` moves it. */
  lease: number
}

/** One try to deliver, as kept. */
export type Try = {
  /** ms since the epoch */
  at: number
  /** How long it took. */
  ms: number
  status?: number
  /** Why it failed, one of a few fixed sentences. */
  failure?: string
  /** When the next one is made, ms since the epoch; absent after a delivery, and for a dead letter. */
  nextAt?: number
}

/** How a try ended. `gone`: the endpoint wants no more messages. `interrupted`: nothing is known, and no try is spent. */
export type TryEnd = {
  taken: Pick<Taken, 'feedId' | 'id' | 'lease'>
  kind: 'delivered' | 'failed' | 'gone' | 'interrupted'
  /** To the next try; without it the message becomes a dead letter. */
  nextInMs?: number | undefined
  try: Try
}

/** What came of settling. */
export type Settlement = {
  settled: Settled[]
  /** When there is more to take, ms since the epoch; absent if nothing waits. */
  takeAt?: number
  /** The percentage of the time of nothing but failure that has just been reached, after which it is disabled. */
  warn?: { percent: 50 | 70 | 90; since: number }
  /** The endpoint was disabled just now. */
  disabled?: { reason: string; since: number }
}

/** The state of an endpoint. `Failing`: its breaker has opened, and messages wait. */
export type LaneState = {
  state: 'Enabled' | 'Failing' | 'Disabled'
  /** Since when, ms since the epoch. */
  since: number
  reason?: string
  /** Messages that wait or are under way; beyond a thousand those that its filter leaves out are counted too. */
  pending: number
  /** Messages that were no longer kept when their turn came. */
  missed: number
  /** ms since the epoch */
  lastSuccessAt?: number
}

/** An endpoint at one moment. */
export type LaneFigures = {
  endpointId: string
  /** Messages that wait or are under way; those further on in the feed are counted whether it wants them or not. */
  waiting: number
  deadLetters: number
  /** `Off`: disabled by its application or an operator, rather than by its failures. */
  state: (typeof STATES)[number]
}

const STATES = ['Enabled', 'Failing', 'Disabled', 'Off'] as const

/** Where each endpoint is in the feed, and how it answers. */
export type Lanes = {
  /** Delivers to an endpoint from here on; or again, if it was disabled, from where it stopped. One script. */
  open(endpointId: string): Promise<boolean>
  /** Delivers nothing more, until it is opened again; what comes meanwhile waits as long as it is kept. One script. */
  disable(endpointId: string, reason: string): Promise<boolean>
  /** Forgets an endpoint and what waits for it. Tries end by themselves. One command. */
  forget(endpointId: string): Promise<void>
  /** The endpoints that are not disabled. */
  enabled(): Promise<string[]>
  /** What waits for each endpoint, and how it does. One script. */
  figures(): Promise<LaneFigures[]>
  /** Those for which there is something to do now, and the version of the endpoints (`endpoints.ts`). One script. */
  awake(): Promise<{ endpoints: string[]; version: number }>
  /** Takes at most `most` messages; `takeAt` as in `Settlement`. `proven`: it answers well. One script. */
  take(
    endpointId: string,
    most: number,
    wants: EndpointFilter & { perSecond?: number | undefined },
  ): Promise<{ taken: Taken[]; takeAt?: number; proven: boolean }>
  /** Prolongs the leases of messages under way, also in `taken`, by their whole length. One script. */
  renew(endpointId: string, taken: readonly Taken[]): Promise<void>
  /** Records how tries ended. After `disableMs` of nothing but failure the endpoint is disabled. One script. */
  settle(endpointId: string, ends: readonly TryEnd[], disableMs: number): Promise<Settlement>
  /** `undefined` for an endpoint that was never opened. */
  state(endpointId: string, filter: EndpointFilter): Promise<LaneState | undefined>
}

export function openLanes(redis: RedisClient, { application, retentionMs }: WebhookRecordsAbout): Lanes {
  const shared = webhookKeys(application)
  const keysOf = (endpointId: string) => ({ ...shared, ...laneKeys(application, endpointId) })
  return {
    async open(endpoint) {
      return (await runScript(redis, webhookScripts.openLane, keysOf(endpoint), { endpoint })) === 1
    },

    async disable(endpoint, reason) {
      return (await runScript(redis, webhookScripts.disableLane, keysOf(endpoint), { endpoint, reason })) === 1
    },

    async forget(endpointId) {
      const { lane, due, busy, tried, done, dead, wake } = keysOf(endpointId)
      const replies = await redis.multi().unlink(lane, due, busy, tried, done, dead).zrem(wake, endpointId).exec()
      for (const [error] of replies ?? []) if (error) throw error
    },

    enabled: () => redis.zrange(shared.wake, '0', '-1'),

    async awake() {
      const [endpoints, version] = await runScript(redis, webhookScripts.awake, shared, {})
      return { endpoints, version: Number(version) }
    },

    async figures() {
      const ordered = { byItsOwner: BY_ITS_OWNER, byAnOperator: BY_AN_OPERATOR }
      const about = { base: shared.base, configured: CONFIGURED_ENDPOINT, ...ordered }
      const rows = await runScript(redis, webhookScripts.figures, shared, about)
      return rows.map(([endpointId, waiting, deadLetters, state]) => {
        return { endpointId, waiting, deadLetters, state: STATES[state] }
      })
    },

    async take(endpoint, most, { perSecond, ...filter }) {
      const about = {
        endpoint,
        most,
        leaseMs: LEASE_MS,
        lostMs: LOST_MS,
        places: PLACES,
        perSecond,
        ...filterArguments(filter),
      }
      const [at, proven, rows] = await runScript(redis, webhookScripts.take, keysOf(endpoint), about)
      const taken = rows.map(([feedId, id, kind, connection, body, tries, lease]): Taken => {
        return {
          feedId,
          id,
          ...(connection && { connection }),
          body: unpackBody(body, id, kind, connection),
          tries,
          lease,
        }
      })
      return { taken, ...(at > 0 && { takeAt: at }), proven: proven === 1 }
    },

    async renew(endpoint, taken) {
      const leases = await runScript(redis, webhookScripts.renew, keysOf(endpoint), { leaseMs: LEASE_MS }, taken)
      for (const [n, each] of taken.entries()) each.lease = leases[n] || each.lease
    },

    async settle(endpoint, ends, disableMs) {
      const about = {
        base: shared.base,
        endpoint,
        places: PLACES,
        lostMs: LOST_MS,
        keptMs: retentionMs,
        doneMost: DONE_MOST,
        deadMost: DEAD_MOST,
        inRow: IN_ROW,
        openMs: OPEN_MS,
        longestMs: LONGEST_OPEN_MS,
        disableMs,
      }
      const each = ends.map(({ taken: { feedId, id, lease }, kind, nextInMs, try: made }) => {
        return { feedId, id, lease, kind, nextInMs, failure: made.failure, try: JSON.stringify({ ...made, feedId }) }
      })
      const [settled, at, percent, reason, since] = await runScript(
        redis,
        webhookScripts.settle,
        keysOf(endpoint),
        about,
        each,
      )
      return {
        settled,
        ...(at > 0 && { takeAt: at }),
        ...(percent > 0 && { warn: { percent: percent as 50 | 70 | 90, since } }),
        ...(reason && { disabled: { reason, since } }),
      }
    },

    async state(endpointId, filter) {
      const keys = keysOf(endpointId)
      const [lane, due, busy, newest] = await Promise.all([
        redis.hgetall(keys.lane),
        redis.zcard(keys.due),
        redis.zcard(keys.busy),
        redis.hget(keys.head, 'id'),
      ])
      const { position } = lane
      if (position === undefined) return undefined
      const time = (field: string) => Number(lane[field])
      const failing = Number(lane['openings'] ?? 0) > 0
      const waiting = await waitingIn(keys.feed, position, newest ?? position, endpointId, filter)
      const told = lane['disabledAt']
        ? { state: 'Disabled' as const, since: time('disabledAt'), reason: lane['reason'] ?? '' }
        : failing
          ? { state: 'Failing' as const, since: time('failingSince'), reason: lane['failure'] ?? '' }
          : { state: 'Enabled' as const, since: Number(lane['enabledAt'] ?? lane['createdAt']) }
      return {
        ...told,
        pending: due + busy + waiting,
        missed: Number(lane['missed'] ?? 0),
        ...(lane['lastSuccessAt'] && { lastSuccessAt: time('lastSuccessAt') }),
      }
    },
  }

  /** The messages after `position` that an endpoint wants; exact for the first thousand. */
  async function waitingIn(
    feed: string,
    position: string,
    newest: string,
    endpointId: string,
    filter: EndpointFilter,
  ): Promise<number> {
    if (position === newest) return 0
    const entries = await redis.xrange(feed, `(${position}`, '+', 'COUNT', COUNTED_EXACTLY)
    const beyond = entries.length < COUNTED_EXACTLY ? 0 : numberOf(newest) - numberOf(entries.at(-1)?.[0] ?? newest)
    return entries.filter((entry) => wants(endpointId, filter, readMessage(entry))).length + Math.max(beyond, 0)
  }
}
