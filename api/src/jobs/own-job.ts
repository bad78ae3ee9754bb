import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/**
 * Reads one of the application's own jobs. Throws the same 404 for a job of another application and for an unknown one.
 */
export async function ownJob(
  connections: EmrConnections,
  application: Application,
  jobId: string,
): Promise<{ connection: EmrConnection; view: JobView }> {
  const connection = isJobId(jobId) ? connections.ofJobOf(application, jobId) : undefined
  const view = await connection?.records.jobs.view(jobId)
  if (!connection || view?.application !== application.name) throw noSuchJob()
  return { connection, view }
}

/**
 * As `ownJob`, but throws a 410 for an own job whose result has been deleted: the list of an application's jobs keeps
 * ids longer than results are kept.
 */
export async function ownOrForgottenJob(
  connections: EmrConnections,
  application: Application,
  jobId: string,
): Promise<{ connection: EmrConnection; view: JobView }> {
  try {
    return await ownJob(connections, application, jobId)
  } catch (error) {
    const connection = isJobId(jobId) ? connections.ofJobOf(application, jobId) : undefined
    if (!(error instanceof Refusal) || !connection) throw error
    if ((await connection.records.jobs.acceptedAt(application.name, jobId)) === undefined) throw error
    throw new Refusal('gone', 'The job has ended, and its result has been deleted after its retention period.')
  }
}

function noSuchJob(): Refusal {
  return new Refusal('not-found', 'Your application has no job with this JobId.')
}
