import { HOUR } from '@encounter-gateway/shared/durations.ts'
import type { GoOn } from '@encounter-gateway/shared/records/lease.ts'
import { itemOf } from '@encounter-gateway/shared/records/routing.ts'
import type { Breaker } from '../attempts/breaker.ts'
import { expired, outcomeUnknown } from '../attempts/endings.ts'
import { setAside } from '../attempts/set-aside.ts'
import type { ConnectionAtWork } from '../attempts/connection-at-work.ts'
import { closeAbandonedUploads } from './close-abandoned-uploads.ts'
import { expireWaitingItems } from './expire-waiting-items.ts'
import { recountDepth } from './recount-depth.ts'
import { takeUpAgain } from './take-up-again.ts'

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

/** The part of a connection at work that the sweep needs. */
type AtWork = Pick<ConnectionAtWork, 'records' | 'config' | 'log'> & { breaker: Pick<Breaker, 'heal'> }

/**
 * Ensures that every accepted job ends, also if no worker will take it again: jobs past their deadline (their queue may
 * be held), jobs that BullMQ failed because their worker died on them too often, and jobs that it marked as failed
 * although they were reopened. One process of the fleet at a time.
 */
export function startSweep(at: AtWork): { close(): Promise<void> } {
  const lease = { name: 'sweep', ms: INTERVAL_MS - 500, givenBack: false }
  let closed = false
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= at.records
      .underLease(
        lease,
        () => closed,
        (goOn) => sweepOnce(at, goOn),
      )
      .catch((err: unknown) => at.log.warn({ err }, 'sweep.failed'))
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
export async function sweepOnce(at: AtWork, goOn: GoOn): Promise<void> {
  for (const step of [
    compare,
    expireOverdue,
    endSetAside,
    takeUpAgain,
    releaseLogins,
    closeAbandonedUploads,
    forgetOldIds,
    recountDepth,
    tidyEndedLists,
  ]) {
    await step(at, goOn)
    if (!(await goOn())) return
  }
  await at.breaker.heal()
}

/** A Cluster replaces a primary without a new connection of ours. */
const compare = ({ records }: AtWork) => records.jobs.compare()
const releaseLogins = ({ records }: AtWork, goOn: GoOn) => records.logins.release(goOn)
const forgetOldIds = ({ records }: AtWork, goOn: GoOn) => records.jobs.forgetOldIds(goOn)
const tidyEndedLists = ({ records }: AtWork, goOn: GoOn) => records.jobs.tidyEndedLists(goOn)

async function expireOverdue(at: AtWork, goOn: GoOn): Promise<void> {
  const { records } = at
  const now = await records.time()
  let walk: Promise<boolean> | undefined
  const expireWaiting = () => (walk ??= expireWaitingItems(records, now, goOn))
  // those in doubt stay, and must not hide the ones behind them
  for (let passed = 0; passed < MOST_IN_DOUBT;) {
    const overdue = await records.jobs.overdue(now, passed, AT_ONCE)
    for (let first = 0; first < overdue.length; first += ENDED_TOGETHER) {
      if (!(await goOn())) return
      const some = overdue.slice(first, first + ENDED_TOGETHER)
      const left = await Promise.all(some.map((jobId) => expireOne(at, jobId, { now, expireWaiting })))
      passed += left.filter((hasLeft) => !hasLeft).length
    }
    if (overdue.length < AT_ONCE) return
  }
}

/** Whether the job has left the pending set. */
async function expireOne(
  { records: { queue, jobs }, log }: AtWork,
  jobId: string,
  { now, expireWaiting }: { now: number; expireWaiting: () => Promise<boolean> },
): Promise<boolean> {
  const job = await queue.getJob(jobId)
  const known = job ? { jobId, routing: job.data, createdAt: job.timestamp } : await jobs.find(jobId)
  if (!job && !itemOf(known?.routing ?? {})) {
    // an item whose request has expired no longer shows that it is one
    const all = await expireWaiting()
    const [deadline] = await jobs.deadlines([jobId])
    if (deadline === undefined) return true
    if (!all) return false
  }
  // no application's list has it: it ends all the same, without an owner
  if (!known) log.error({ job: jobId }, 'sweep.ownerUnknown')
  const routed = known ?? { jobId, routing: { application: '' }, createdAt: now }
  const { waitsFor } = await jobs.lastCall(routed)
  const said = await jobs.end(routed, expired(waitsFor), 'undispatched')
  // a Retry has given it a new deadline meanwhile
  if (said === 'superseded') return true
  if (said !== 'dispatched') {
    await job?.remove().catch(() => log.debug({ job: jobId }, 'sweep.notRemoved'))
    return true
  }
  // an earlier call is in doubt: a worker that takes the job settles it; if none could for an hour, or none will, a
  // person must
  const [deadline = 0] = await jobs.deadlines([jobId])
  if (now - deadline <= HOUR && (job || known)) {
    if (!job) await jobs.queueNow(routed)
    return false
  }
  const given = await jobs.end(
    routed,
    outcomeUnknown('The gateway could not check in time whether the EMR has the encounter.'),
  )
  return given === 'recorded'
}

async function endSetAside(at: AtWork, goOn: GoOn): Promise<void> {
  const { queue, jobs } = at.records
  for (const jobId of await jobs.failedWithoutOutcome(PUT_AWAY_LOOKED_AT)) {
    if (!(await goOn())) return
    const job = await queue.getJob(jobId)
    // any other job is in a new round, and takeUpAgain queues it
    if (!job?.failedReason?.includes('stalled')) continue
    await setAside({ jobId, routing: job.data, createdAt: job.timestamp }, at)
  }
}
