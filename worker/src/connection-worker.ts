import { SECOND } from '@encounter-gateway/shared/durations.ts'
import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { EncounterWorker } from '@encounter-gateway/shared/records/queue.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Logger } from 'pino'
import type { Breaker } from './attempts/breaker.ts'
import { cancelBatches } from './upkeep/cancel-batches.ts'
import { followControl } from './upkeep/follow-control.ts'
import type { Emr } from './emr/emr.ts'
import { createEncounter, TryAgain } from './attempts/create-encounter.ts'
import type { Attempted, LateSuccess } from './attempts/connection-at-work.ts'
import { openAtWork } from './open-at-work.ts'
import type { Quarantine } from './quarantine/quarantine.ts'
import { startSweep } from './upkeep/sweep.ts'

/**
 * How long the jobs of a killed worker stay locked. Not the guard against a second encounter, so it may be short: it
 * costs one script at each renewal, for all jobs of a worker, and one per worker at each check.
 */
const LOCK_MS = 6 * SECOND
const STALLED_CHECK_MS = 2 * SECOND
/**
 * How often a job may lose its worker, for any reason, before it is set aside. This high because innocent jobs lose it
 * too, and the quarantine finds out which job kills its process; this limit ends jobs that kill the worker even from
 * there.
 */
const MAX_STALLS = 20
/**
 * How often a worker whose queue is held looks whether it still is: BullMQ's 30 s would delay a release of the hold, and
 * the end of the process.
 */
const HOLD_CHECK_MS = 1 * SECOND
/**
 * How often each process looks for batch items that wait for their turn or their end (whoever accepts or takes one looks
 * at once), and for new orders of operators.
 */
const BATCH_CHECK_MS = 1 * SECOND
/** Jobs per second that BullMQ may hand out. */
const NO_LIMIT = 1_000_000_000
/** Pause before another try after a fault of Redis or of the gateway, not of the EMR. */
const INFRASTRUCTURE_DELAY_MS = 2 * SECOND

/** One connection at work in this process. */
export type ConnectionWorker = {
  connection: Connection
  breaker: Breaker
  emr: Emr
  /** Takes no more jobs, waits for those in flight, and closes everything. */
  close(): Promise<void>
}

/** Takes the jobs of one connection's queue and calls its EMR. Resolves once the fleet's limits are set. */
export async function startConnectionWorker(about: {
  config: Config
  connection: Connection
  redis: RedisClient
  log: Logger
  stopping: AbortSignal
  finished: () => void
  attempted: (attempt: Attempted) => void
  succeededLate: (late: LateSuccess) => void
  quarantine: Quarantine
}): Promise<ConnectionWorker> {
  const { quarantine, redis } = about
  // its limits follow the orders of operators
  const connection = { ...about.connection }
  const { atWork, close } = openAtWork({ ...about, connection })
  const { log, records, breaker } = atWork
  const { queue, turns } = records

  // begin.lua spreads the calls; BullMQ's own limit only has to exist, or it would not hold the queue when told to
  await queue.setGlobalRateLimit(NO_LIMIT, SECOND)
  let worker: EncounterWorker | undefined
  const follow = () =>
    followControl({
      control: records.control,
      queue,
      configured: about.connection,
      connection,
      async concurrencyChanged() {
        if (worker) worker.concurrency = connection.concurrency
        await breaker.heal()
      },
      hold: (forMs) => breaker.hold(forMs),
      log,
    })
  await follow()
  await breaker.heal()
  const takes = records.openWorker(
    (job, token) =>
      job.stalledCounter === 0 ? createEncounter(job, token, atWork) : quarantine.run(job, token, atWork),
    {
      concurrency: connection.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLS,
      maximumRateLimitDelay: HOLD_CHECK_MS,
      settings: {
        backoffStrategy: (_attempts, _type, error) =>
          error instanceof TryAgain ? error.delayMs : INFRASTRUCTURE_DELAY_MS,
      },
    },
  )
  worker = takes
  takes.on('active', () => turns.hasRoom())
  takes.on('error', (err) => log.warn({ err }, 'worker.error'))
  const sweep = startSweep(atWork)
  // a new connection may lead to a replica that was promoted, or to a restored copy
  const compare = () => void records.jobs.compare().catch((err: unknown) => log.debug({ err }, 'store.notCompared'))
  redis.on('ready', compare)

  let closing = false
  let cancelled: Promise<void> | undefined
  let followed: Promise<void> | undefined
  const batchCheck = setInterval(() => {
    turns.poke()
    followed ??= follow()
      .catch((err: unknown) => log.warn({ err }, 'control.notFollowed'))
      .finally(() => (followed = undefined))
    cancelled ??= cancelBatches(records, () => closing)
      .catch((err: unknown) => log.warn({ err }, 'batch.notCancelled'))
      .finally(() => (cancelled = undefined))
  }, BATCH_CHECK_MS)

  return {
    connection,
    breaker,
    emr: atWork.emr,
    async close() {
      closing = true
      redis.off('ready', compare)
      clearInterval(batchCheck)
      // all at once: no more jobs are taken while a long round of the sweep reaches a point where it can stop
      await Promise.all([takes.close(), sweep.close(), turns.close(), cancelled, followed])
      await close()
    },
  }
}
