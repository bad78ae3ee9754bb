import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { keyBaseOf } from '@encounter-gateway/shared/records/keys.ts'
import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { CallName, Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Logger } from 'pino'
import type { Breaker } from '../attempts/breaker.ts'
import { expired, failed, outcomeUnknown, type Ending } from '../attempts/endings.ts'

const INTERVAL_MS = 5_000
const AT_ONCE = 200
/** Overdue jobs in doubt that one round steps over. */
const MOST_IN_DOUBT = 20_000
/** Of what BullMQ has put away: twice what the usual 200 calls a second come to between two rounds, should the EMR refuse them all. */
const PUT_AWAY_LOOKED_AT = 2_000
const HOUR_MS = 3_600_000

type Swept = {
  connection: Connection
  redis: RedisClient
  queue: EncounterQueue
  records: Records
  breaker: Breaker
  log: Logger
  config: Config
  announces: (application: string) => boolean
  finished: () => void
}

/**
 * Sees to it that every accepted job ends, also where no worker will take it again: jobs past their deadline (their queue may be
 * held), jobs that BullMQ has set aside because their worker died on them too often, and jobs that it has put away though they were
 * reopened. One process of the fleet at a time.
 */
export function startSweep(swept: Swept): { close(): Promise<void> } {
  const lease = `${keyBaseOf(swept.connection)}:sweep`
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(async () => {
      try {
        if ((await swept.redis.set(lease, '1', 'PX', INTERVAL_MS - 500, 'NX')) !== null) await sweepOnce(swept)
      } catch (err) {
        swept.log.warn({ err }, 'sweep.failed')
      }
    })
  }, INTERVAL_MS)
  return {
    async close() {
      clearInterval(timer)
      await running
    },
  }
}

/** One round; see `startSweep`. */
export async function sweepOnce(swept: Swept): Promise<void> {
  await expireOverdue(swept)
  await endSetAside(swept)
  await takeUpAgain(swept)
  await forgetOldIds(swept)
  await swept.breaker.heal()
}

async function expireOverdue(swept: Swept): Promise<void> {
  const { redis, records } = swept
  const now = await redisTime(redis)
  // those that stay, in doubt, must not hide the ones behind them
  for (let passed = 0; passed < MOST_IN_DOUBT;) {
    const overdue = await redis.zrangebyscore(records.keys.pending, '-inf', now, 'LIMIT', passed, AT_ONCE)
    for (const jobId of overdue) if (!(await expireOne(swept, jobId, now))) passed++
    if (overdue.length < AT_ONCE) return
  }
}

/** Whether the job has left the pending set. */
async function expireOne(
  { queue, records, redis, config, ...rest }: Swept,
  jobId: string,
  now: number,
): Promise<boolean> {
  const job = await queue.getJob(jobId)
  const routed = job
    ? { routing: job.data, createdAt: job.timestamp }
    : await withoutQueue(
        redis,
        records,
        config.applications.map(({ name }) => name),
        jobId,
      )
  if (!routed) {
    await redis.zrem(records.keys.pending, jobId)
    return true
  }
  const about = { jobId, ...routed, records, ...rest }
  if ((await end(about, expired(), 'undispatched')) !== 'dispatched') {
    await job?.remove().catch(() => rest.log.debug({ job: jobId }, 'sweep.notRemoved'))
    return true
  }
  // an earlier call is in doubt: whoever takes the job settles it; if nobody could for an hour, or nobody will, a person must
  const deadline = Number(await redis.zscore(records.keys.pending, jobId))
  if (job && now - deadline <= HOUR_MS) return false
  const said = await end(about, outcomeUnknown('The EMR could not be asked in time whether it has the encounter.'))
  return said === 'recorded'
}

/** What is known of a job that BullMQ has lost, or of a batch item that it has not got yet: its application's list has it. */
async function withoutQueue(redis: RedisClient, records: Records, applications: string[], jobId: string) {
  const item = await records.itemRouting(jobId)
  for (const application of item ? [item.application] : applications) {
    const acceptedAt = await redis.zscore(records.keys.jobs(application), jobId)
    if (acceptedAt !== null) return { routing: item ?? { application }, createdAt: Number(acceptedAt) }
  }
  return undefined
}

async function endSetAside({ queue, redis, records, connection, ...rest }: Swept): Promise<void> {
  for (const jobId of await withoutOutcome(redis, records, records.keys.failed)) {
    const job = await queue.getJob(jobId)
    if (!job) continue
    if (!job.failedReason?.includes('stalled')) {
      // a new round was opened, and its process died before the job was queued again
      await job.retry('failed')
      continue
    }
    const mark = await redis.hmget(records.keys.dispatch(jobId), 'state', 'doubt', 'round', 'attempt')
    const [state, doubt, round, attempt] = mark
    // the EMR is not asked here: its answer may be what they died of
    const ending =
      state === 'dispatching' || state === 'unknown' || doubt
        ? outcomeUnknown(
            'Several workers died on this job, one while it called the EMR, and it was set aside. A Retry asks the EMR first, where it can be asked.',
          )
        : failed(500, 'the worker died several times on this job; it was set aside')
    rest.log.error({ job: jobId, status: ending.status }, 'job.setAside')
    const about = { jobId, routing: job.data, createdAt: job.timestamp, connection, records, ...rest }
    // this process may have been held up since it looked, and the job be in a new round
    await end(about, ending, { round: Number(round ?? 1), attempt: Number(attempt ?? 0) })
  }
}

/** Queues what was reopened by a Retry while a worker that had found the job ended was putting it away as completed. */
async function takeUpAgain({ queue, redis, records, log }: Swept): Promise<void> {
  for (const jobId of await withoutOutcome(redis, records, records.keys.completed)) {
    log.info({ job: jobId }, 'job.takenUpAgain')
    await (await queue.getJob(jobId))?.retry('completed', { resetAttemptsMade: true, resetAttemptsStarted: true })
  }
}

/** Of the newest jobs that BullMQ has put away in one of its sets, those that are still pending. */
async function withoutOutcome(redis: RedisClient, records: Records, set: string): Promise<string[]> {
  const newest = await redis.zrevrange(set, 0, PUT_AWAY_LOOKED_AT - 1)
  if (newest.length === 0) return []
  const deadlines = await redis.zmscore(records.keys.pending, ...newest)
  return newest.filter((_, n) => deadlines[n] !== null)
}

/** An application's list of jobs keeps ids a day longer than their results, so that a late question gets 410 and not 404. */
async function forgetOldIds({ redis, records, connection, config }: Swept): Promise<void> {
  const keptMs = (config.retention.resultHours + connection.deadlineHours + 24) * HOUR_MS
  const before = (await redisTime(redis)) - keptMs
  for (const { name } of config.applications) await redis.zremrangebyscore(records.keys.jobs(name), '-inf', before)
}

/** A job to be ended by someone else than the worker that calls the EMR for it. */
type Ended = { jobId: string; routing: Routing; createdAt: number } & Pick<
  Swept,
  'connection' | 'records' | 'announces' | 'finished'
>

/** Writes a job's outcome and says that there is one. */
export async function end(about: Ended, ending: Ending, onlyIf?: 'undispatched' | CallName) {
  const { jobId, routing, createdAt, connection, records, announces, finished } = about
  const announce = announces(routing.application)
  const outcome = { ...ending, routing, createdAt, maxAttempts: connection.maxAttempts, announce }
  const said = await records.finish(jobId, outcome, onlyIf)
  if (said === 'recorded') finished()
  return said
}

async function redisTime(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time()
  return Number(seconds) * 1000
}
