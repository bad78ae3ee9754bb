import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { BreakerRecord, BreakerRules, FailedCall } from '@encounter-gateway/shared/records/breaker.ts'
import CircuitBreaker from 'opossum'
import type { Logger } from 'pino'
import { EmrError } from '../emr/emr-error.ts'

const RAMP_STEP_MS = 200
/** The share of failed calls is that of at least this time. */
const SHORTEST_WINDOW_MS = 10_000
/** A job that is parked behind another one's probe looks again this soon. */
const PROBE_CHECK_MS = 500
/** A probe whose outcome stays unknown costs a person's time: each one that fails doubles the pause, up to this. */
const LONGEST_OPEN_MS = 600_000

/** The breaker blocked the call: nothing was sent and no attempt is spent. */
export class HeldByBreaker extends Error {
  override name = 'HeldByBreaker'
}

/** The gateway aborted a call because the process must end: no verdict on the EMR. */
export class BrokenOff extends Error {
  override name = 'BrokenOff'
}

/**
 * A connection's breaker. The calls of the whole fleet are counted in Redis, which decides when to open (ADR 17);
 * BullMQ's own rate limit and global concurrency then hold the queue for all workers at once. opossum is the gate in
 * this process: it keeps back jobs that were already taken, without asking Redis. When the hold expires, one job of the
 * fleet goes through as the probe: if it succeeds, the breaker closes and the fleet's concurrency grows back by
 * doubling; if it fails, the queue is held again.
 */
export type Breaker = {
  /**
   * Calls the EMR. `probing` is the reply of begin.lua. Throws what the call throws, or `HeldByBreaker`. A `question`
   * counts when it fails but not when it succeeds: an EMR that answers reads and fails every write is sick.
   */
  call<T>(probing: boolean, kind: 'creation' | 'question', action: () => Promise<T>): Promise<T>
  /** Holds the whole queue for a while, as an EMR or an operator requests. */
  hold(forMs: number): Promise<void>
  /**
   * Holds the whole queue after a 429: for at least `askedMs`, and longer each time while the EMR goes on with it.
   */
  busy(askedMs: number): Promise<void>
  /** Sees to it that the queue is held for a job that was not let through, if the process that opened could not. */
  keepHeld(forMs: number): Promise<void>
  /** Restores the fleet's limits after a process died while the concurrency was growing. */
  heal(): Promise<void>
  readonly state: 'closed' | 'open' | 'half-open'
  close(): Promise<void>
}

export function openBreaker(about: {
  connection: Connection
  record: BreakerRecord
  queue: EncounterQueue
  log: Logger
}): Breaker {
  const { connection, record, queue, log } = about
  const rules = rulesOf(connection)
  const { openMs, minimumCalls, failurePercent } = rules
  let ramp: NodeJS.Timeout | undefined
  let writing: Promise<unknown> = Promise.resolve()
  const inOrder = (step: () => Promise<unknown>) => {
    writing = writing.then(step).catch((err: unknown) => log.warn({ err }, 'breaker.notShared'))
    return writing
  }

  const circuit = new CircuitBreaker((action: () => Promise<unknown>) => action(), {
    // facts about opossum 10: its time-out would abort every call in flight, so each call brings its own
    timeout: false,
    volumeThreshold: minimumCalls,
    errorThresholdPercentage: failurePercent,
    // slightly before the fleet's hold expires, so that this process is ready to probe when it does
    resetTimeout: openMs * 0.9,
    errorFilter: (error: unknown) => !countsAgainstEmr(error),
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  })
  /** Extends the hold on the queue and reports whether it did: an existing hold is never shortened. */
  const holdQueue = async (forMs: number): Promise<boolean> => {
    if (forMs <= (await queue.getRateLimitTtl())) return false
    await queue.rateLimit(Math.ceil(forMs))
    return true
  }
  /** Counts a failed call for the fleet, and follows the fleet's verdict. */
  const countForFleet = async (kind: FailedCall, probe: boolean) => {
    const verdict = await record.failed({ kind, probe }, rules)
    if (verdict.kind === 'closed') return
    // this process' gate follows, whoever has opened the breaker
    if (!circuit.opened) circuit.open()
    if (verdict.kind === 'open') return
    clearTimeout(ramp)
    ramp = undefined
    log.warn({ openMs: verdict.forMs, cause: verdict.cause }, 'breaker.opened')
    await queue.setGlobalConcurrency(1)
    await holdQueue(verdict.forMs)
  }

  const closeForFleet = () =>
    inOrder(async () => {
      if (!(await record.close())) return
      log.info('breaker.closed')
      growTo(2)
    })

  function growTo(limit: number): void {
    ramp = setTimeout(() => {
      const next = Math.min(limit, connection.concurrency)
      void inOrder(() => queue.setGlobalConcurrency(next))
      ramp = undefined
      if (next < connection.concurrency) growTo(next * 2)
    }, RAMP_STEP_MS)
  }

  async function probe<T>(kind: 'creation' | 'question', action: () => Promise<T>): Promise<T> {
    try {
      const answer = await action()
      // the creation that follows is the probe, unless the encounter was found: then an earlier one has worked
      if (kind === 'question' && answer === undefined) await inOrder(() => record.releaseProbe())
      else await closed()
      return answer
    } catch (error) {
      const failure = failureOf(error)
      // awaited: otherwise this process would probe again before the queue is held
      if (failure) await inOrder(() => countForFleet(failure, true))
      // a refusal is an answer too
      else if (error instanceof EmrError) await closed()
      else await inOrder(() => record.releaseProbe())
      throw error
    }
  }

  async function closed(): Promise<void> {
    circuit.close()
    await closeForFleet()
  }

  async function uncounted<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      if (countsAgainstEmr(error)) await circuit.fire(() => Promise.reject(error as Error)).catch(() => undefined)
      throw error
    }
  }

  return {
    async call(probing, kind, action) {
      if (probing) return probe(kind, action)
      if (!circuit.closed) {
        await writing
        // open only here: the fleet has had a good answer since
        if (await record.isOpen()) throw new HeldByBreaker('the breaker opened meanwhile')
        circuit.close()
      }
      try {
        if (kind === 'question') return await uncounted(action)
        return (await circuit.fire(action)) as Awaited<ReturnType<typeof action>>
      } catch (error) {
        if (CircuitBreaker.isOurError(error as Error)) throw new HeldByBreaker('the breaker opened meanwhile')
        const failure = failureOf(error)
        if (failure) await inOrder(() => countForFleet(failure, false))
        throw error
      }
    },
    async hold(forMs) {
      if (forMs <= 0) return
      if (!(await holdQueue(forMs))) return
      await record.hold(forMs)
      log.warn({ forMs }, 'connection.held')
    },
    async busy(askedMs) {
      const forMs = await record.busy(askedMs)
      if (await holdQueue(forMs)) log.warn({ forMs }, 'connection.held')
    },
    async keepHeld(forMs) {
      await holdQueue(Math.min(forMs, PROBE_CHECK_MS))
    },
    async heal() {
      if ((await record.isOpen()) || ramp) return
      await queue.setGlobalConcurrency(connection.concurrency)
    },
    get state() {
      if (circuit.opened) return 'open'
      return circuit.halfOpen ? 'half-open' : 'closed'
    },
    async close() {
      clearTimeout(ramp)
      circuit.shutdown()
      await writing
    },
  }
}

/** Whether an error means that the EMR is sick: not a refusal, not a 429, not an internal fault. */
export function countsAgainstEmr(error: unknown): boolean {
  return failureOf(error) !== undefined
}

/** How a call speaks against the EMR, if it does. */
function failureOf(error: unknown): FailedCall | undefined {
  const counts =
    error instanceof EmrError &&
    error.retry &&
    error.retryAfterMs === undefined &&
    (error.code === 408 || error.code === 502)
  if (!counts) return undefined
  if (error.unspent === 'unreachable') return 'unreachable'
  return error.answered ? 'answered' : 'unanswered'
}

/**
 * When the fleet's breaker of a connection opens. The share alone would never do so where few calls run at once, so as
 * many calls in a row as run at once are enough, and two where each call without an answer ends in doubt.
 */
function rulesOf({ breaker, concurrency, timeoutMs, onUnknownOutcome }: Connection): BreakerRules {
  const reconciles = onUnknownOutcome === 'reconcile'
  const inRow = reconciles ? Math.min(breaker.minimumCalls, Math.max(concurrency, 2)) : 2
  return {
    ...breaker,
    inRow,
    longestMs: reconciles ? breaker.openMs : LONGEST_OPEN_MS,
    windowMs: Math.max(SHORTEST_WINDOW_MS, 2 * timeoutMs),
  }
}
