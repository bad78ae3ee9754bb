import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { RENEW_MS, type Settlement, type Taken, type TryEnd } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { CONFIGURED_ENDPOINT, type WebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import type { Logger } from 'pino'
import type { EndpointBook } from './endpoint-book.ts'

const SECOND = 1_000
/** How often each application is asked what there is to do that nobody has poked this process about. */
const TICK_MS = SECOND
/** Sooner than this nothing is looked at again, should the clocks of Redis and of this machine differ. */
const SOONEST_MS = 20
/** POSTs under way in this process: to endpoints that answer well, and to others. */
const PLACES = { quick: 100, slow: 200 }
/** A POST that takes longer is not counted as quick any more, so that endpoints that begin to hang hold up no other. */
const QUICK_MS = 2 * SECOND
/** Messages taken at once. */
const MOST_TAKEN = 10

type Pool = keyof typeof PLACES

/** What the loop works with. */
export type LaneLoopParts = {
  records: ReadonlyMap<string, WebhookRecords>
  book: EndpointBook
  /** Makes one try; never throws. */
  attempt: (application: string, taken: Taken, endpoint: WebhookEndpoint) => Promise<TryEnd>
  /** Called with what came of tries, in their order. */
  settled: (application: string, endpointId: string, ends: readonly TryEnd[], settlement: Settlement) => void
  /** Of nothing but failure, after which an endpoint is disabled. */
  disableMs: number
  log: Logger
}

/** Takes messages from the lanes of all endpoints and delivers them. */
export type LaneLoop = {
  /** Signals that there is something new for an application. Returns at once. */
  poke(application: string): void
  /** Takes nothing more, and resolves when what is under way has ended and is recorded. */
  close(): Promise<void>
}

type Lane = { want(mayTake?: boolean): void; renew(): void; close(): Promise<void> }

/**
 * Each lane settles what has ended and takes what there is room for, in turns, so that it never has more than one script
 * under way. Lanes that find no room in this process wait in a row.
 */
export function startLaneLoop({ records, book, attempt, settled, disableMs, log }: LaneLoopParts): LaneLoop {
  const lanes = new Map<string, Lane>()
  const underWay = { quick: 0, slow: 0 }
  const waiting = { quick: new Set<Lane>(), slow: new Set<Lane>() }
  const looking = new Map<string, { again: boolean; done: Promise<void> }>()
  let closed = false
  let failing = false

  function recordsOf(application: string): WebhookRecords {
    const found = records.get(application)
    if (!found) throw new Error('this application is not in the configuration')
    return found
  }

  function report(err: unknown, about: object) {
    log[failing ? 'debug' : 'warn']({ err, ...about }, 'webhooks.notDelivered')
    failing = true
  }

  function poke(application: string) {
    if (!records.has(application)) return
    const running = looking.get(application)
    if (running) running.again = !closed
    else if (!closed) {
      const state = { again: false, done: Promise.resolve() }
      looking.set(application, state)
      state.done = look(application, state).finally(() => {
        looking.delete(application)
        if (state.again) poke(application)
      })
    }
  }

  /** Finds the lanes of an application with something to do. */
  async function look(application: string, state: { again: boolean }): Promise<void> {
    do {
      state.again = false
      try {
        const { lanes: kept } = recordsOf(application)
        const { endpoints, version } = await kept.awake()
        await book.refresh(application, version)
        for (const endpointId of endpoints) {
          if (book.get(application, endpointId)) laneOf(application, endpointId).want()
          // left by an api that died while it deleted the endpoint, or by one that opened the lane meanwhile
          else if (endpointId !== CONFIGURED_ENDPOINT && book.isDeleted(application, endpointId))
            await kept.forget(endpointId)
        }
        failing = false
      } catch (err) {
        report(err, { application })
      }
    } while (state.again)
  }

  function laneOf(application: string, endpointId: string): Lane {
    const name = `${application} ${endpointId}`
    const known = lanes.get(name)
    if (known) return known
    const lane = openLane(application, endpointId, () => lanes.delete(name))
    lanes.set(name, lane)
    return lane
  }

  /** Gives the place that has become free in a pool to the lane that has waited longest. */
  function freed(pool: Pool) {
    underWay[pool]--
    const [next] = waiting[pool]
    if (!next) return
    waiting[pool].delete(next)
    next.want(true)
  }

  function openLane(application: string, endpointId: string, forget: () => void): Lane {
    const { lanes: kept } = recordsOf(application)
    const ended: TryEnd[] = []
    const underWayHere = new Map<Taken, Promise<void>>()
    let running: Promise<void> | undefined
    let wanted = false
    let renewing = false
    let granted = false
    let proven = false
    let timer: NodeJS.Timeout | undefined

    const lane: Lane = {
      want(mayTake = false) {
        wanted = true
        granted ||= mayTake
        start()
      },
      renew() {
        if (underWayHere.size === 0) return
        renewing = true
        start()
      },
      async close() {
        await Promise.all(underWayHere.values())
        await running
      },
    }

    function start() {
      running ??= run().finally(() => {
        running = undefined
        if (wanted || renewing) return start()
        const waits = timer ?? (waiting.quick.has(lane) || waiting.slow.has(lane))
        if (!waits && underWayHere.size === 0 && ended.length === 0) forget()
      })
    }

    async function run(): Promise<void> {
      try {
        while (wanted || renewing) {
          if (renewing) await renew()
          if (!wanted) continue
          wanted = false
          const settledNow = await settle()
          const takeAt = (await take()) ?? settledNow
          if (takeAt !== undefined) again(takeAt)
        }
      } catch (err) {
        report(err, { application, endpoint: endpointId })
        again(Date.now() + TICK_MS)
      }
    }

    async function renew(): Promise<void> {
      renewing = false
      await kept.renew(endpointId, Array.from(underWayHere.keys()))
    }

    async function settle(): Promise<number | undefined> {
      if (ended.length === 0) return undefined
      const ends = ended.splice(0)
      try {
        const settlement = await kept.settle(endpointId, ends, disableMs)
        settled(application, endpointId, ends, settlement)
        return settlement.takeAt
      } catch (error) {
        ended.unshift(...ends)
        throw error
      }
    }

    async function take(): Promise<number | undefined> {
      const endpoint = book.get(application, endpointId)
      if (closed || !endpoint) return undefined
      const room = roomFor(proven ? 'quick' : 'slow')
      if (room === 0) return undefined
      const { requestsPerSecond: perSecond, eventTypes: types, connections } = endpoint
      const about = await kept.take(endpointId, Math.min(room, MOST_TAKEN), { perSecond, types, connections })
      proven = about.proven
      for (const taken of about.taken) {
        underWayHere.set(taken, deliver(taken, endpoint))
      }
      return about.takeAt
    }

    function roomFor(pool: Pool): number {
      const mayTake = granted
      granted = false
      const free = PLACES[pool] - underWay[pool]
      if (free > 0 && (mayTake || waiting[pool].size === 0)) return free
      waiting[pool].add(lane)
      return 0
    }

    async function deliver(taken: Taken, endpoint: WebhookEndpoint): Promise<void> {
      let pool: Pool = proven ? 'quick' : 'slow'
      underWay[pool]++
      const slow = setTimeout(() => {
        if (pool === 'slow') return
        pool = 'slow'
        underWay.slow++
        freed('quick')
      }, QUICK_MS)
      ended.push(await attempt(application, taken, endpoint))
      underWayHere.delete(taken)
      clearTimeout(slow)
      freed(pool)
      lane.want()
    }

    /** Looks at the lane again at a time of Redis; what is due later is found by whoever looks then. */
    function again(takeAt: number) {
      clearTimeout(timer)
      timer = undefined
      const inMs = takeAt - Date.now()
      if (closed || inMs > TICK_MS) return
      timer = setTimeout(
        () => {
          timer = undefined
          lane.want()
        },
        Math.max(inMs, SOONEST_MS),
      )
    }

    return lane
  }

  const ticking = setInterval(() => {
    for (const application of records.keys()) poke(application)
  }, TICK_MS)
  const renewals = setInterval(() => {
    for (const lane of lanes.values()) lane.renew()
  }, RENEW_MS)
  for (const application of records.keys()) poke(application)

  return {
    poke,
    async close() {
      closed = true
      clearInterval(ticking)
      await Promise.all(Array.from(looking.values(), ({ done }) => done))
      await Promise.all(Array.from(lanes.values(), (lane) => lane.close()))
      clearInterval(renewals)
    },
  }
}
