import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import { CREATE_ENCOUNTER } from '@encounter-gateway/shared/records/queue.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { EmrConnection } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/**
 * Ends a job that the EMR has nothing of as `Cancelled`. A job that is cancelled already stays so. Throws a 409 if the EMR
 * may have it, or if it has ended otherwise.
 */
export async function cancelJob(
  connection: EmrConnection,
  application: Application,
  { job, outcome }: JobView,
): Promise<void> {
  const { queue, records, settings } = connection
  if (outcome?.status === 'Cancelled') return
  const said = await records.finish(
    job.JobId,
    {
      status: 'Cancelled',
      statusCode: 409,
      result: { Problem: problem('cancelled', 'Its application cancelled the job before it was sent to the EMR.') },
      routing: routingOf(application, { job }),
      createdAt: Date.parse(job.CreatedAt),
      maxAttempts: settings.maxAttempts,
      announce: application.webhook !== undefined,
    },
    'undispatched',
  )
  if (said === 'recorded') {
    // for tidiness: a worker that takes the job finds its outcome and lets it be
    await queue.remove(job.JobId).catch(() => 0)
    return
  }
  const why = said === 'dispatched' ? 'The EMR has been sent the encounter, or may have.' : 'The job has ended.'
  throw new Refusal('conflict', `${why} It can no longer be cancelled.`)
}

/** Begins a new round of attempts for a job that failed, or of which nobody knows. Throws a 409 for any other, a 410 if its request is erased. */
export async function retryJob(connection: EmrConnection, application: Application, view: JobView): Promise<void> {
  const { JobId, CreatedAt, Status } = view.job
  const routing = routingOf(application, view)
  const said = await connection.records.reopen(JobId, routing)
  switch (said) {
    case 'reopened':
      return requeue(connection, JobId, routing, Date.parse(CreatedAt))
    case 'lined up':
      return connection.turns.poke()
    case 'erased':
      throw new Refusal('gone', 'The request of this job has been erased; send the encounter again as a new one.')
    case 'unfinished':
      throw new Refusal(
        'conflict',
        `The job is ${Status === 'Failed' ? 'Retrying' : Status}; only a job that Failed or is OutcomeUnknown can be retried.`,
      )
    default:
      throw new Refusal('conflict', `The job is ${said}; only a job that Failed or is OutcomeUnknown can be retried.`)
  }
}

/**
 * Puts a reopened job back in BullMQ's queue: the job it has of it, or a new one where it has forgotten it. A job that a
 * worker is only now putting away is left to the workers' sweep, which finds it reopened and puts it back.
 */
async function requeue({ queue }: EmrConnection, jobId: string, routing: Routing, createdAt: number): Promise<void> {
  const queued = await queue.getJob(jobId)
  if (!queued) {
    await queue.add(CREATE_ENCOUNTER, routing, { jobId, timestamp: createdAt })
    return
  }
  const state = await queued.getState()
  if (state === 'failed' || state === 'completed') {
    await queued.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true })
  }
}

function routingOf({ name }: Application, { job }: Pick<JobView, 'job'>): Routing {
  const { BatchId, ItemIndex } = job
  return { application: name, ...(BatchId && { BatchId }), ...(ItemIndex !== undefined && { ItemIndex }) }
}
