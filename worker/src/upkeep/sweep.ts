import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { keyBaseOf } from '@encounter-gateway/shared/records/keys.ts'
import type { Batches } from '@encounter-gateway/shared/records/batches.ts'
import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import { itemOf } from '@encounter-gateway/shared/records/routing.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Logger } from 'pino'
import type { Breaker } from '../attempts/breaker.ts'
import { end } from '../attempts/end.ts'
import { expired, outcomeUnknown } from '../attempts/endings.ts'
import { setAside } from '../attempts/set-aside.ts'
import { closeAbandonedUploads } from './close-abandoned-uploads.ts'
import { expireWaitingItems } from './expire-waiting-items.ts'
import { findRouting } from './find-routing.ts'
import { forgetOldIds } from './forget-old-ids.ts'
import { underLease, type GoOn } from './lease.ts'
import { recountDepth } from './recount-depth.ts'
import { redisTime } from './redis-time.ts'
import { takeUpAgain } from './take-up-again.ts'
import { tidyEndedLists } from './tidy-ended-lists.ts'

const INTERVAL_MS = 5_000
const AT_ONCE = 200
/**
 * Overdue jobs that are ended at the same time: their outcomes share scripts, and syncs to disk. One after the other, ten a second ended
 * on a busy machine, and an outage may leave a hundred thousand. A worker that is stopped finishes these first.
 */
const ENDED_TOGETHER = 20
/** Overdue jobs in doubt that one round skips. */
const MOST_IN_DOUBT = 20_000
/**
 * Failed jobs of BullMQ that one round looks at: twice the number that the usual 200 calls a second add between two
 * rounds if the EMR refuses them all.
 */
const PUT_AWAY_LOOKED_AT = 2_000
const HOUR_MS = 3_600_000

/** What the sweep works with. */
export type Swept = {
  connection: Connection
  redis: RedisClient
  queue: EncounterQueue
  records: Records
  batches: Batches
  breaker: Pick<Breaker, 'heal'>
  log: Logger
  config: Config
  announces: (application: string) => boolean
  finished: () => void
}

/**
 * Ensures that every accepted job ends, also if no worker will take it again: jobs past their deadline (their queue may
 * be held), jobs that BullMQ failed because their worker died on them too often, and jobs that it marked as failed
 * although they were reopened. One process of the fleet at a time.
 */
export function startSweep(swept: Swept): { close(): Promise<void> } {
  const lease = { key: `${keyBaseOf(swept.connection)}:sweep`, ms: INTERVAL_MS - 500 }
  let closed = false
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= underLease(
      swept.redis,
      lease,
      () => closed,
      (goOn) => sweepOnce(swept, goOn),
    )
      .catch((err: unknown) => swept.log.warn({ err }, 'sweep.failed'))
      .finally(() => (running = undefined))
  }, INTERVAL_MS)
  return {
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}

/** One round; see `startSweep`. It can stop between any two jobs: the next round begins anew. */
export async function sweepOnce(swept: Swept, goOn: GoOn): Promise<void> {
  for (const step of [
    expireOverdue,
    endSetAside,
    takeUpAgain,
    closeAbandonedUploads,
    forgetOldIds,
    recountDepth,
    tidyEndedLists,
  ]) {
    await step(swept, goOn)
    if (!(await goOn())) return
  }
  await swept.breaker.heal()
}

async function expireOverdue(swept: Swept, goOn: GoOn): Promise<void> {
  const { redis, records } = swept
  const now = await redisTime(redis)
  let walk: Promise<boolean> | undefined
  const expireWaiting = () => (walk ??= expireWaitingItems(swept, now, goOn))
  // those in doubt stay, and must not hide the ones behind them
  for (let passed = 0; passed < MOST_IN_DOUBT;) {
    const overdue = await redis.zrangebyscore(records.keys.pending, '-inf', now, 'LIMIT', passed, AT_ONCE)
    for (let at = 0; at < overdue.length; at += ENDED_TOGETHER) {
      if (!(await goOn())) return
      const some = overdue.slice(at, at + ENDED_TOGETHER)
      const left = await Promise.all(some.map((jobId) => expireOne(swept, jobId, { now, expireWaiting })))
      passed += left.filter((hasLeft) => !hasLeft).length
    }
    if (overdue.length < AT_ONCE) return
  }
}

/** Whether the job has left the pending set. */
async function expireOne(
  { queue, records, redis, config, ...rest }: Swept,
  jobId: string,
  { now, expireWaiting }: { now: number; expireWaiting: () => Promise<boolean> },
): Promise<boolean> {
  const job = await queue.getJob(jobId)
  const routed = job
    ? { routing: job.data, createdAt: job.timestamp }
    : await findRouting(
        redis,
        records,
        config.applications.map(({ name }) => name),
        jobId,
      )
  if (!job && !itemOf(routed?.routing ?? {})) {
    // an item whose request has expired no longer shows that it is one
    const all = await expireWaiting()
    if ((await redis.zscore(records.keys.pending, jobId)) === null) return true
    if (!all) return false
  }
  // no application's list has it: it ends all the same, without an owner
  if (!routed) rest.log.error({ job: jobId }, 'sweep.ownerUnknown')
  const about = { jobId, ...(routed ?? { routing: { application: '' }, createdAt: now }), records, ...rest }
  const said = await end(about, expired(), 'undispatched')
  // a Retry has given it a new deadline meanwhile
  if (said === 'superseded') return true
  if (said !== 'dispatched') {
    await job?.remove().catch(() => rest.log.debug({ job: jobId }, 'sweep.notRemoved'))
    return true
  }
  // an earlier call is in doubt: a worker that takes the job settles it; if none could for an hour, or none will, a
  // person must
  const deadline = Number(await redis.zscore(records.keys.pending, jobId))
  if (job && now - deadline <= HOUR_MS) return false
  const given = await end(
    about,
    outcomeUnknown('The gateway could not check in time whether the EMR has the encounter.'),
  )
  return given === 'recorded'
}

async function endSetAside(swept: Swept, goOn: GoOn): Promise<void> {
  const { queue, redis, records } = swept
  for (const jobId of await failedWithoutOutcome(redis, records)) {
    if (!(await goOn())) return
    const job = await queue.getJob(jobId)
    // any other job is in a new round, and takeUpAgain queues it
    if (!job?.failedReason?.includes('stalled')) continue
    await setAside({ ...swept, jobId, routing: job.data, createdAt: job.timestamp })
  }
}

/** The newest jobs that BullMQ has marked as failed and that are still pending. */
async function failedWithoutOutcome(redis: RedisClient, records: Records): Promise<string[]> {
  const newest = await redis.zrevrange(records.keys.failed, 0, PUT_AWAY_LOOKED_AT - 1)
  if (newest.length === 0) return []
  const deadlines = await redis.zmscore(records.keys.pending, ...newest)
  return newest.filter((_, n) => deadlines[n] !== null)
}
