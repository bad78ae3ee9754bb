import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { KEY_PREFIX, queueNameOf } from '@encounter-gateway/shared/records/keys.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { keptByBullMq, openEncounterQueue, type CREATE_ENCOUNTER } from '@encounter-gateway/shared/records/queue.ts'
import { openBatches } from '@encounter-gateway/shared/records/batches.ts'
import { openRecords } from '@encounter-gateway/shared/records/jobs.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { openTurns } from '@encounter-gateway/shared/records/turns.ts'
import { Worker } from 'bullmq'
import type { Logger } from 'pino'
import { openBreaker, type Breaker } from './attempts/breaker.ts'
import { cancelBatches } from './upkeep/cancel-batches.ts'
import { createEncounter, TryAgain, type EncounterJob } from './attempts/create-encounter.ts'
import type { Attempted, ConnectionAtWork } from './connection-at-work.ts'
import { openEmr } from './emr/registry.ts'
import { startSweep } from './upkeep/sweep.ts'

const SECOND = 1000
/**
 * How long a job of a killed worker stays its own. Not what guards against a second encounter, so it may be short: it costs one script at
 * each renewal, for all jobs of a worker, and one of each worker at each check.
 */
const LOCK_MS = 6 * SECOND
const STALLED_CHECK_MS = 2 * SECOND
/** A job whose worker died more often is set aside: it may be what kills them. */
const MAX_DEATHS = 4
/** How often each process looks for batch items that wait for their turn, or for their end; whoever accepts or takes one looks at once. */
const BATCH_CHECK_MS = 1 * SECOND
/** Before another try where the fault was Redis' or ours, not the EMR's. */
const INFRASTRUCTURE_DELAY_MS = 2 * SECOND

/** One connection at work in this process. */
export type ConnectionWorker = {
  connection: Connection
  breaker: Breaker
  /** Takes no more jobs, waits for those in flight, lets go of everything. */
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
}): Promise<ConnectionWorker> {
  const { config, connection, redis } = about
  const log = about.log.child({ connection: nameOf(connection) })
  const { sealingKeys, retention } = config
  const records = openRecords(redis, { connection, sealingKeys, retention })
  const queue = openEncounterQueue(redis, connection)
  const batches = openBatches(redis, { connection, sealingKeys, retention })
  const turns = openTurns({
    redis,
    queue,
    batches,
    concurrency: connection.concurrency,
    applications: config.applications,
    failed: (err) => log.warn({ err }, 'turns.failed'),
  })
  const breaker = openBreaker({
    connection,
    redis,
    queue,
    breakerKey: records.keys.breaker,
    holdKey: records.keys.hold,
    log,
  })
  const emr = openEmr(connection)
  const announced = new Set(config.applications.filter((a) => a.webhook).map((a) => a.name))
  const announces = (application: string) => announced.has(application)
  const attempts = log.child({}, { redact: [] })
  const atWork: ConnectionAtWork = { ...about, emr, records, breaker, log, attempts, announces }

  await queue.setGlobalRateLimit(connection.requestsPerSecond, SECOND)
  await breaker.heal()
  const worker = new Worker<Routing, void, typeof CREATE_ENCOUNTER>(
    queueNameOf(connection),
    (job: EncounterJob, token = '') => createEncounter(job, token, atWork),
    {
      connection: redis,
      prefix: KEY_PREFIX,
      concurrency: connection.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_DEATHS,
      ...keptByBullMq(retention),
      settings: {
        backoffStrategy: (_attempts, _type, error) =>
          error instanceof TryAgain ? error.delayMs : INFRASTRUCTURE_DELAY_MS,
      },
    },
  )
  worker.on('active', () => turns.hasRoom())
  worker.on('error', (err) => log.warn({ err }, 'worker.error'))
  queue.on('error', (err) => log.debug({ err }, 'queue.error'))
  const sweep = startSweep({
    connection,
    redis,
    queue,
    records,
    breaker,
    log,
    announces,
    finished: about.finished,
    config,
  })

  let closing = false
  let cancelled: Promise<void> | undefined
  const cancelling = { ...atWork, redis, queue, batches }
  const batchCheck = setInterval(() => {
    turns.poke()
    cancelled ??= cancelBatches(cancelling, () => closing)
      .catch((err: unknown) => log.warn({ err }, 'batch.notCancelled'))
      .finally(() => (cancelled = undefined))
  }, BATCH_CHECK_MS)

  return {
    connection,
    breaker,
    async close() {
      closing = true
      clearInterval(batchCheck)
      await cancelled
      await turns.close()
      await sweep.close()
      await worker.close()
      await breaker.close()
      await queue.close()
      await emr.close()
    },
  }
}
