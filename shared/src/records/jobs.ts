import type { Payload } from '../sealing/payload.ts'
import { openAccept, type Accepted, type NewRequest } from './accept.ts'
import { redisTime, type RecordsContext } from './context.ts'
import { openDispatch, type Begun, type LastCall, type Settlement } from './dispatch.ts'
import { readDepths, readFigures, type Figures } from './figures.ts'
import { findJob } from './find-job.ts'
import { forgetOldIds } from './forget-old-ids.ts'
import { forgetEnded, indexEnded } from './ended-lists.ts'
import { openJobList, type JobList } from './job-list.ts'
import { viewJob, type JobView } from './job-view.ts'
import type { GoOn } from './lease.ts'
import { readJobTimes, type JobTimes } from './job-times.ts'
import { cancelled, openOutcomes, type Ending, type Guard, type Outcome, type Resolved } from './outcome.ts'
import { openOverdue } from './overdue.ts'
import type { EncounterQueue } from './queue.ts'
import { recountDepth, type Recounted } from './recount.ts'
import { openRetries } from './retry.ts'
import type { RoutedJob } from './routing.ts'
import type { Finished, Renewed, Reopened } from './scripts.ts'

/**
 * The jobs of one connection. The records are authoritative; BullMQ's are not. Each method is atomic, one script,
 * unless it says otherwise. All reject if Redis is unreachable, and it is then unknown whether a write took effect.
 */
export type Jobs = JobList & {
  /**
   * Stores a request and queues its job, both or neither. Resolves once that is as durable as Redis is configured.
   * Requests of one turn of the event loop share a script (docs/adr/0009).
   */
  accept(request: NewRequest): Promise<Accepted>

  /**
   * Requests permission to call the EMR, and marks the call. `BatchId`: the batch of an item, which may have been
   * cancelled. To continue after an attempt in doubt, pass `attempt` and whether its encounter surely does not exist in
   * the EMR (`absent`) or the EMR is trusted to deduplicate (`resend`). Shares a script with others, as `accept` does.
   */
  begin(jobId: string, about?: { BatchId?: string; attempt?: number; as?: 'absent' | 'resend' }): Promise<Begun>
  /** Opens the request of a job as `begin` returned it. Throws if its sealing key is not configured. */
  openPayload(jobId: string, application: string, stored: Buffer): Buffer
  /** Records the end of an attempt that another one follows. `false`: another process has continued with the job. */
  settle(jobId: string, settlement: Settlement): Promise<boolean>
  /** The latest call of a job without outcome, and whether the encounter may exist in the EMR. */
  lastCall(job: Pick<RoutedJob, 'jobId' | 'routing'>): Promise<LastCall>
  /**
   * Compares the store with what this process has seen of it: if the store has forgotten something, that is noticed before
   * the next job begins or ends.
   */
  compare(): Promise<void>
  /**
   * The store was replaced by an older copy of itself: every job pending now is asked about before it is sent. Returns how
   * many there are.
   */
  forgot(): Promise<number>
  /** Whether a quarantine process has died with the job in this round. */
  hasDied(jobId: string): Promise<boolean>
  /** Records that a process died while it ran the job; returns how many died in this round while running only this job. */
  died(jobId: string, about: { alone: boolean }): Promise<number>

  /**
   * Writes the outcome if there is none and the guard permits it: the one way in which a job ends. In the same step the
   * payload is erased if the job succeeded (otherwise kept for `failedPayloadHours`, for a retry), the batch of an item
   * counts it, and the webhook's event enters the outbox. Shares a script with others, as `accept` does.
   */
  end(job: RoutedJob, ending: Ending, onlyIf?: Guard): Promise<Finished>
  /**
   * Ends a job that was surely never sent to the EMR as `Cancelled`; `cancelledWithBatch` only while its batch is
   * cancelled. `queued`: BullMQ may have the job, which is then removed from its queue in a second step: only to tidy up,
   * since a worker that takes the job finds its outcome and leaves it alone.
   */
  cancel(job: RoutedJob, about: { onlyIf: 'undispatched' | 'cancelledWithBatch'; queued: boolean }): Promise<Finished>
  /**
   * Opens a new round of attempts for a job that ended without success, or returns why it cannot. A batch item then
   * waits for its turn (`lined up`). Any other job is queued in a second step; if that fails, the sweep finds it among
   * the `reopened`. `absent`: a person made sure that the EMR has no encounter of a job that ended in doubt, so it is
   * sent without asking.
   */
  retry(job: RoutedJob, about?: { absent?: boolean }): Promise<Reopened>
  /**
   * Seals the request of a job that has not succeeded anew, with other credentials in place of those that it came with.
   * A job that waits, because the EMR refused its login or for another reason, is queued at once; one that has ended
   * still needs `retry`. Several commands. Throws a SealError if its sealing key is not configured.
   */
  renew(job: RoutedJob, credentials: Payload['credentials']): Promise<Renewed>
  /**
   * Replaces the outcome of a job in doubt by what a person found out, as a round of its own: the encounter exists, or it
   * does not and the job has failed. `false`: the job is not in doubt (any more).
   */
  resolve(jobId: string, application: string, found: Resolved): Promise<boolean>
  /** When what happened to a job; without its result, so it needs no sealing key. Several commands. */
  times(jobId: string): Promise<JobTimes>

  /**
   * A job as its application sees it: its outcome if it has one, otherwise its state. `undefined` if it does not exist
   * (any more). One round trip of several commands, in an order that never misses an outcome.
   */
  view(jobId: string): Promise<JobView | undefined>
  /** The stored outcome, or `undefined` while there is none or after its retention. */
  outcome(jobId: string): Promise<Outcome | undefined>
  /** Whether the job has an outcome that is still kept. */
  hasEnded(jobId: string): Promise<boolean>
  /** The figures of the connection at one moment, in one round trip of several commands. */
  figures(): Promise<Figures>
  /** The number of accepted jobs that have not ended, by application. */
  depths(): Promise<Map<string, number>>

  /** What is known of a job that BullMQ does not have; `undefined` if no application's list has it. Several commands. */
  find(jobId: string): Promise<RoutedJob | undefined>
  /** Unfinished jobs whose deadline was before `at`, ms since the epoch, oldest first, without the first `passed`. */
  overdue(at: number, passed: number, atMost: number): Promise<string[]>
  /** The deadlines of jobs, ms since the epoch; `undefined` for one that has ended. */
  deadlines(jobIds: readonly string[]): Promise<(number | undefined)[]>
  /** Those of BullMQ's newest `atMost` failed jobs that have no outcome. Two commands. */
  failedWithoutOutcome(atMost: number): Promise<string[]>
  /**
   * Checks up to `atMost` reopened jobs, those first that were not checked for the longest. `stuck`: jobs that BullMQ
   * will not run by itself. Skips jobs reopened or checked less than 4 s ago, which the api may be about to queue.
   */
  reopened(atMost: number): Promise<{ looked: number; stuck: string[] }>
  /** Queues a stuck job again, unless it waits for its turn or nothing is known of it; several commands. */
  takeUpAgain(jobId: string): Promise<boolean>
  /** Queues an unfinished job for a worker to ask the EMR about it, a batch item also before its turn; several commands. */
  queueNow(job: RoutedJob): Promise<void>
  /** Removes ids from the applications' lists a day after their results, a thousand at a time. */
  forgetOldIds(goOn: GoOn): Promise<void>
  /**
   * Keeps the lists of ended jobs complete after an upgrade, and no longer than results are kept, and a day. Stops
   * between two steps, and continues there the next time.
   */
  tidyEndedLists(goOn: GoOn): Promise<void>
  /**
   * Compares the counts for `maxPending` with the number of unfinished jobs, in one short script. If they differ,
   * recounts up to `atMost` jobs, beginning where the last call ended.
   */
  recount(atMost: number): Promise<Recounted>
}

/** Opens the jobs of a connection. `giveTurns` is called when an item was put in line. */
export function openJobs(context: RecordsContext, queue: EncounterQueue, giveTurns: () => void): Jobs {
  const outcomes = openOutcomes(context)
  return {
    accept: openAccept(context),
    ...openDispatch(context),
    ...outcomes,
    ...openRetries(context, queue, giveTurns),
    ...openJobList(context),
    ...openOverdue(context),
    async cancel(job, { onlyIf, queued }) {
      const said = await outcomes.end(job, cancelled(), onlyIf)
      if (said === 'recorded' && queued) await queue.remove(job.jobId).catch(() => 0)
      return said
    },
    view: (jobId) => viewJob(context, queue, jobId, (id) => outcomes.outcome(id)),
    figures: () => readFigures(context),
    depths: () => readDepths(context),
    find: (jobId) => findJob(context, jobId),
    times: (jobId) => readJobTimes(context, jobId),
    forgetOldIds: (goOn) => forgetOldIds(context, goOn),
    async tidyEndedLists(goOn) {
      await indexEnded(context, goOn)
      await forgetEnded(context, await redisTime(context.redis), goOn)
    },
    recount: (atMost) => recountDepth(context, atMost),
  }
}
