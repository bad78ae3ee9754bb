import { msSince, type Moment } from '@encounter-gateway/shared/moment.ts'
import type { Begun } from '@encounter-gateway/shared/records/dispatch.ts'
import type { Ending, Guard } from '@encounter-gateway/shared/records/outcome.ts'
import type { EncounterJob } from '@encounter-gateway/shared/records/queue.ts'
import { DelayedError, UnrecoverableError, Worker } from 'bullmq'
import type { ConnectionAtWork } from './connection-at-work.ts'
import type { EmrErrorCode } from '../emr/emr-error.ts'
import { backoffMs } from './backoff.ts'
import { callEmr } from './call-emr.ts'
import { afterBegin, afterCreate, afterQuestion, afterTakeOver, type Circumstances, type Next } from './decide.ts'
import { foundForAnother, reasonOfAttempt, reasonOfEnding } from './endings.ts'
import { noteLateSuccess } from './late-success.ts'

/** A job looks again for an EMR that could not be reached at least this often: one that is back is used again soon. */
const LONGEST_AWAY_MS = 30_000

/** An attempt that will be followed by another: BullMQ keeps only the code and the problem's name. */
export class TryAgain extends Error {
  override name = 'TryAgain'
  readonly code: EmrErrorCode
  readonly delayMs: number
  constructor(code: EmrErrorCode, delayMs: number) {
    super(reasonOfAttempt(code))
    this.code = code
    this.delayMs = delayMs
  }
}

/**
 * Creates the encounter of one job, once: marks the call, makes it, records its result. A start that finds the mark of
 * an earlier call asks the EMR before anything is sent again. If the process dies at any point, the next start of the
 * job continues from the records.
 */
export async function createEncounter(job: EncounterJob, token: string, at: ConnectionAtWork): Promise<void> {
  const { connection, emr, stopping } = at
  const { jobs } = at.records
  const jobId = job.id ?? ''
  const about = { jobId, application: job.data.application, acceptedAt: job.timestamp }
  // begin.lua refuses an item whose batch was cancelled
  const batch = job.data.BatchId === undefined ? {} : { BatchId: job.data.BatchId }
  const policy = { ...connection, asks: emr.find !== undefined && connection.onUnknownOutcome !== 'resend' }
  const now = (call: { askedAt: Moment }, tries: number, waits = 0): Circumstances => ({
    sinceAskedMs: msSince(call.askedAt),
    stopping: stopping.aborted,
    backoffMs: backoffMs(tries, connection.backoffMs),
    awayMs: backoffMs(waits + 1, connection.backoffMs, LONGEST_AWAY_MS),
  })

  let next = afterBegin(await jobs.begin(jobId, batch), policy)
  for (;;) {
    switch (next.step) {
      case 'call': {
        const { call } = next
        const answer = await callEmr(about, at, call, (order, limits) => emr.create(order, limits))
        next = afterCreate(answer, call, policy, now(call, call.attempt, call.waits))
        break
      }
      case 'ask': {
        const { call } = next
        const answer = await callEmr(about, at, call, async (order, limits) => emr.find?.(order, limits))
        next = afterQuestion(answer, call, policy, now(call, job.attemptsMade + 1))
        break
      }
      case 'takeOver': {
        const { attempt, as } = next
        const begun: Begun = await jobs.begin(jobId, { ...batch, attempt, as })
        next = afterTakeOver(begun, policy, connection)
        break
      }
      default:
        return apply(next, job, token, at)
    }
  }
}

type WayOut = Exclude<Next, { step: 'call' | 'ask' | 'takeOver' }>

/** Applies a decision: the only place that settles an attempt, ends a job here, and throws BullMQ's control errors. */
async function apply(next: WayOut, job: EncounterJob, token: string, at: ConnectionAtWork): Promise<void> {
  if ('settlement' in next && next.settlement) await at.records.jobs.settle(job.id ?? '', next.settlement)
  switch (next.step) {
    case 'end':
      return end(job, at, next.ending, next.onlyIf)
    case 'again':
      if (next.holdMs !== undefined) await at.breaker.hold(next.holdMs)
      throw new TryAgain(next.code, next.inMs)
    case 'giveBack':
      if (next.login !== undefined) await at.records.logins.park(next.login, job.id ?? '')
      await job.moveToDelayed(Date.now() + Math.max(Math.ceil(next.inMs), 1), token)
      throw new DelayedError()
    case 'park':
      if (next.heldMs !== undefined) await at.breaker.keepHeld(next.heldMs)
      if (next.busy) await at.breaker.busy(next.busy.forMs)
      throw Worker.RateLimitError()
    case 'leave':
  }
}

async function end(job: EncounterJob, at: ConnectionAtWork, ending: Ending, onlyIf?: Guard): Promise<void> {
  const { connection, records, emr } = at
  const routed = { jobId: job.id ?? '', routing: job.data, createdAt: job.timestamp }
  const said = await records.jobs.end(routed, { ...ending, claims: emr.findsBy === 'likeness' }, onlyIf)
  if (said === 'claimed') return end(job, at, foundForAnother(), onlyIf)
  // not settled after all: come back to it, or BullMQ would mark it as failed
  if (said === 'dispatched' || said === 'superseded') throw new TryAgain(408, connection.backoffMs)
  if (said === 'already' && ending.status === 'Succeeded') return noteLateSuccess(job.id ?? '', ending, at)
  if (said !== 'recorded') return
  if (ending.status !== 'Succeeded') throw new UnrecoverableError(reasonOfEnding(ending))
}
