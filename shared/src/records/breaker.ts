import type { BreakerSettings } from '../config/schema.ts'
import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'
import { runScript } from '../redis/script.ts'
import { scripts, type BreakerCause } from './scripts.ts'

export type { BreakerCause } from './scripts.ts'

/** The record of a breaker that nobody closes expires this long after its time. */
const GRACE_MS = 600_000
/** A call that speaks against the EMR: it answered with a fault, it did not answer, or it could not be reached. */
export type FailedCall = 'answered' | 'unanswered' | 'unreachable'

/** When the fleet's breaker opens, and for how long. */
export type BreakerRules = BreakerSettings & {
  /** So many calls in a row without an answer open it. */
  inRow: number
  /** At most this long, in ms, when each failed probe doubles `openMs`. */
  longestMs: number
  /** The share of failed calls is that of this time, in ms, and as much before it. */
  windowMs: number
}

/**
 * The state of a connection's breaker. `open`: no call is made until `until`; `half-open`: one job at a time may probe.
 * Times in ms since the epoch. `cause` is absent if an older version opened it.
 */
export type BreakerState =
  | { state: 'closed' }
  | { state: 'open' | 'half-open'; since: number; until: number; cause?: BreakerCause; failedProbes: number }

/** The record of a connection's breaker, shared by the fleet; begin.lua reads it, too. */
export type BreakerRecord = {
  /**
   * Counts a call that speaks against the EMR; `probe`: it was the probe of an open breaker. `opened`: the breaker opens,
   * or opens again, for `forMs` milliseconds by Redis' clock; `open`: another call has opened it.
   */
  failed(
    call: { kind: FailedCall; probe: boolean },
    rules: BreakerRules,
  ): Promise<{ kind: 'opened'; forMs: number; cause: BreakerCause } | { kind: 'open' } | { kind: 'closed' }>
  /** Closes the breaker. `false`: it was closed already. */
  close(): Promise<boolean>
  /** Lets another job be the probe: the one that was came to no verdict. */
  releaseProbe(): Promise<void>
  /** Whether it is open or half-open. */
  isOpen(): Promise<boolean>
  /** For operators: the state for the whole fleet. */
  state(): Promise<BreakerState>
  /** Records a pause of `forMs` milliseconds; the record expires with it. */
  hold(forMs: number): Promise<void>
  /**
   * Records that the EMR turned a call away unread and asked for a pause of `askedMs` (0: of no length). Returns how
   * long the connection is held, in ms: longer each time while that goes on.
   */
  busy(askedMs: number): Promise<number>
}

/** What clients see of the cause. */
export const breakerReasons = {
  failures: 'too many calls to the EMR failed',
  unanswered: 'the EMR does not answer',
  unreachable: 'the EMR cannot be reached',
} as const satisfies Record<BreakerCause, string>

/** Opens the record of a connection's breaker. */
export function openBreakerRecord(redis: RedisClient, connection: ConnectionName): BreakerRecord {
  const keys = recordKeys(connection)
  const { breaker, hold } = keys
  return {
    async failed({ kind, probe }, rules) {
      const { openMs, minimumCalls, failurePercent, inRow, longestMs, windowMs } = rules
      const args = { probe, kind, openMs, longestMs, minimumCalls, failurePercent, inRow, windowMs }
      const [said, forMs, cause] = await runScript(redis, scripts.breakerFailed, keys, {
        ...args,
        graceMs: GRACE_MS,
      })
      return said === 'opened' ? { kind: said, forMs, cause } : { kind: said }
    },
    close: async () => (await redis.del(breaker)) === 1,
    async releaseProbe() {
      await redis.hdel(breaker, 'probe', 'probeUntil')
    },
    isOpen: async () => (await redis.exists(breaker)) === 1,
    async state() {
      const [[openUntil, since, cause, probes], [seconds]] = await Promise.all([
        redis.hmget(breaker, 'openUntil', 'since', 'cause', 'probes'),
        redis.time(),
      ])
      if (!openUntil) return { state: 'closed' }
      const until = Number(openUntil)
      return {
        state: until > Number(seconds) * 1000 ? 'open' : 'half-open',
        since: Number(since ?? openUntil),
        until,
        ...(cause && { cause: cause as BreakerCause }),
        failedProbes: Number(probes ?? 0),
      }
    },
    async hold(forMs) {
      await redis.set(hold, Date.now() + forMs, 'PX', Math.ceil(forMs))
    },
    busy: (askedMs) => runScript(redis, scripts.breakerBusy, keys, { askedMs: Math.ceil(askedMs) }),
  }
}
