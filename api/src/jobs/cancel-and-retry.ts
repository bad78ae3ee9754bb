import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import { requeue } from '@encounter-gateway/shared/records/requeue.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { EmrConnection } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/**
 * Cancels a job that was never sent to the EMR. Cancelling twice is harmless. Throws a 409 if the job may have reached
 * the EMR, or if it has ended otherwise.
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
    // only to tidy up: a worker that takes the job finds its outcome and does nothing
    await queue.remove(job.JobId).catch(() => 0)
    return
  }
  const why = said === 'dispatched' ? 'The encounter has been sent to the EMR, or may have been' : 'The job has ended'
  throw new Refusal('conflict', `${why}; it can no longer be cancelled.`)
}

/**
 * Begins a new round of attempts for a job that has ended and did not succeed. Throws a 409 for any other job, and
 * while its batch is being cancelled; a 410 if its request has been erased.
 */
export async function retryJob(connection: EmrConnection, application: Application, view: JobView): Promise<void> {
  const { JobId, CreatedAt, Status } = view.job
  const routing = routingOf(application, view)
  const said = await connection.records.reopen(JobId, routing)
  switch (said) {
    case 'reopened':
      return requeue(connection.queue, { jobId: JobId, routing, at: Date.parse(CreatedAt) })
    case 'lined up':
      return connection.turns.poke()
    case 'erased':
      throw new Refusal('gone', 'The request of this job has been erased; send the encounter again as a new request.')
    case 'cancelling':
      throw new Refusal(
        'conflict',
        'The batch of this job is being cancelled; it can be retried once the batch has finished.',
      )
    case 'succeeded':
      throw new Refusal('conflict', 'The job has succeeded; only a job that ended without success can be retried.')
    case 'unfinished': {
      // it had ended when it was read: another Retry came first
      const now = view.outcome ? 'Retrying' : Status
      throw new Refusal('conflict', `The job is ${now}; only a job that has ended can be retried.`)
    }
  }
}

function routingOf({ name }: Application, { job }: Pick<JobView, 'job'>): Routing {
  const { BatchId, ItemIndex } = job
  return { application: name, ...(BatchId && { BatchId }), ...(ItemIndex !== undefined && { ItemIndex }) }
}
