import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { RoutedJob } from '@encounter-gateway/shared/records/routing.ts'
import type { EmrConnection } from '../connections/connections.ts'
import type { EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import type { Payload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { FastifyRequest } from 'fastify'
import { headerParametersOf, headOf, requireAll } from '../http/header-parameters.ts'
import { Refusal } from '../http/refusal.ts'

/**
 * Cancels a job that was never sent to the EMR. Cancelling twice is harmless. Throws a 409 if the job may have reached
 * the EMR, or if it has ended otherwise.
 */
export async function cancelJob(
  connection: EmrConnection,
  application: Pick<Application, 'name'>,
  { job, outcome }: JobView,
): Promise<void> {
  if (outcome?.status === 'Cancelled') return
  const { jobs } = connection.records
  const said = await jobs.cancel(routed(application, job), { onlyIf: 'undispatched', queued: true })
  if (said === 'recorded') return
  const why = said === 'dispatched' ? 'The encounter has been sent to the EMR, or may have been' : 'The job has ended'
  throw new Refusal('conflict', `${why}; it can no longer be cancelled.`)
}

/**
 * Begins a new round of attempts for a job that has ended and did not succeed. Throws a 409 for any other job, and
 * while its batch is being cancelled; a 410 if its request has been erased. With `credentials` they replace those that
 * the request came with, also for a job that still waits, which then goes on at once.
 */
export async function retryJob(
  connection: EmrConnection,
  application: Pick<Application, 'name'>,
  view: JobView,
  credentials?: Payload['credentials'],
): Promise<void> {
  if (credentials) {
    await letIn(connection, application, credentials)
    const renewed = await connection.records.jobs.renew(routed(application, view.job), credentials)
    if (renewed === 'running') throw new Refusal('conflict', 'The job is Running; wait until this attempt has ended.')
    if (renewed === 'renewed' && !view.outcome) return
  }
  const said = await connection.records.jobs.retry(routed(application, view.job))
  switch (said) {
    case 'reopened':
    case 'lined up':
      return
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
      const now = view.outcome ? 'Retrying' : view.job.Status
      throw new Refusal('conflict', `The job is ${now}; only a job that has ended can be retried.`)
    }
  }
}

/**
 * The credentials in the headers of a Retry, in place of those that the requests came with; `undefined` without any. Throws
 * a 400 with every mistake: they must be complete, as in a request to the EMR.
 */
export function newCredentialsOf(request: FastifyRequest, emrSystem: EmrSystem): Payload['credentials'] | undefined {
  const parameters = headerParametersOf(request)
  const { credentials } = headOf(parameters)
  if (Object.keys(credentials).length === 0) return undefined
  requireAll(parameters, emrSystem)
  return credentials
}

/** The application says that these credentials are good: the EMR may have refused them before. */
export async function letIn(
  { records: { logins } }: EmrConnection,
  { name: application }: Pick<Application, 'name'>,
  credentials: Payload['credentials'],
): Promise<void> {
  await logins.accepted(logins.nameOf({ application, credentials }), { surely: true })
}

/** What the records need to know of a job. */
export function routed(
  { name }: Pick<Application, 'name'>,
  { JobId, CreatedAt, BatchId, ItemIndex }: JobView['job'],
): RoutedJob {
  const routing = { application: name, ...(BatchId && { BatchId }), ...(ItemIndex !== undefined && { ItemIndex }) }
  return { jobId: JobId, routing, createdAt: Date.parse(CreatedAt) }
}
