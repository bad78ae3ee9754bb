import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { viewJob, type JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/** Where jobs are looked for: the application's own, over all connections. */
export type JobShelves = { redis: RedisClient; connections: EmrConnections }

/** What is known of a job, or `undefined`: no such job (any more). */
export function readJob(
  { redis }: JobShelves,
  { settings, queue, records }: EmrConnection,
  jobId: string,
): Promise<JobView | undefined> {
  return viewJob(redis, queue, records, settings, jobId)
}

/** One of the application's own jobs. Throws the same 404 for another's job as for one that never was. */
export async function ownJob(
  shelves: JobShelves,
  application: Application,
  jobId: string,
): Promise<{ connection: EmrConnection; view: JobView }> {
  const connection = isJobId(jobId) ? shelves.connections.ofJob(jobId) : undefined
  const view = connection && (await readJob(shelves, connection, jobId))
  if (!connection || view?.application !== application.name) throw noSuchJob()
  return { connection, view }
}

/**
 * As `ownJob`, but 410 where the job was the application's and its result is no longer kept: an application's list of jobs
 * holds ids for longer than their results.
 */
export async function ownOrForgottenJob(
  shelves: JobShelves,
  application: Application,
  jobId: string,
): Promise<{ connection: EmrConnection; view: JobView }> {
  try {
    return await ownJob(shelves, application, jobId)
  } catch (error) {
    const connection = isJobId(jobId) ? shelves.connections.ofJob(jobId) : undefined
    if (!(error instanceof Refusal) || !connection) throw error
    if ((await connection.list.acceptedAt(application.name, jobId)) === undefined) throw error
    throw new Refusal('gone', 'The job has ended; the time for which its result is kept is over.')
  }
}

function noSuchJob(): Refusal {
  return new Refusal('not-found', 'Your application has no job of this JobId.')
}
