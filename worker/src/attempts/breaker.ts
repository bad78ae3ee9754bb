import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { BreakerRecord } from '@encounter-gateway/shared/records/breaker.ts'
import CircuitBreaker from 'opossum'
import type { Logger } from 'pino'
import { EmrError } from '../emr/emr-error.ts'

const RAMP_STEP_MS = 200

/** The breaker blocked the call: nothing was sent and no attempt is spent. */
export class HeldByBreaker extends Error {
  override name = 'HeldByBreaker'
}

/** The gateway aborted a call because the process must end: no verdict on the EMR. */
export class BrokenOff extends Error {
  override name = 'BrokenOff'
}

/**
 * A connection's breaker. opossum counts this process' calls and decides when to open. The open state is written to
 * Redis, and BullMQ's own rate limit and global concurrency hold the queue for the whole fleet at once. When the hold
 * expires, one job goes through as the probe: if it succeeds, the breaker closes and the fleet's concurrency grows back
 * by doubling; if it fails, the queue is held again.
 */
export type Breaker = {
  /**
   * Calls the EMR. `probing` is the reply of begin.lua. Throws what the call throws, or `HeldByBreaker`. A `question`
   * counts when it fails but not when it succeeds: an EMR that answers reads and fails every write is sick.
   */
  call<T>(probing: boolean, kind: 'creation' | 'question', action: () => Promise<T>): Promise<T>
  /** Holds the whole queue for a while, as an EMR requests with 429. */
  hold(forMs: number): Promise<void>
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
  const { openMs, minimumCalls, failurePercent } = connection.breaker
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
  const openForFleet = () => {
    clearTimeout(ramp)
    ramp = undefined
    log.warn({ openMs }, 'breaker.opened')
    void inOrder(async () => {
      const reason = `the circuit breaker of ${connection.emrSystem}/${connection.emrInstance} is open`
      await record.open(openMs, reason)
      await queue.setGlobalConcurrency(1)
      await holdQueue(openMs)
    })
  }
  circuit.on('open', openForFleet)

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
      // the creation that follows is the probe
      if (kind === 'question') return answer
      circuit.close()
      await closeForFleet()
      return answer
    } catch (error) {
      if (countsAgainstEmr(error)) {
        // not open here: another process opened it, or it is already half-open
        if (circuit.opened) openForFleet()
        else circuit.open()
        // otherwise this process would probe again before the queue is held
        await writing
      } else if (error instanceof EmrError) {
        // a refusal is an answer too
        circuit.close()
        await closeForFleet()
      }
      throw error
    }
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
        throw error
      }
    },
    async hold(forMs) {
      if (forMs <= 0) return
      if (!(await holdQueue(forMs))) return
      await record.hold(forMs)
      log.warn({ forMs }, 'connection.held')
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
  return (
    error instanceof EmrError &&
    error.retry &&
    error.retryAfterMs === undefined &&
    (error.code === 408 || error.code === 502)
  )
}
