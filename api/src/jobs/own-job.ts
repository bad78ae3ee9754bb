import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { viewJob, type JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

/** The dependencies of the look-ups below: Redis and all connections. */
export type JobShelves = { redis: RedisClient; connections: EmrConnections }

/** Reads a job; `undefined` if it does not exist (any more). */
export function readJob(
  { redis }: JobShelves,
  { settings, queue, records }: EmrConnection,
  jobId: string,
): Promise<JobView | undefined> {
  return viewJob(redis, queue, records, settings, jobId)
}

/**
 * Reads one of the application's own jobs. Throws the same 404 for a job of another application and for an unknown one.
 */
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
 * As `ownJob`, but throws a 410 for an own job whose result has been deleted: the list of an application's jobs keeps
 * ids longer than results are kept.
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
    throw new Refusal('gone', 'The job has ended, and its result has been deleted after its retention period.')
  }
}

function noSuchJob(): Refusal {
  return new Refusal('not-found', 'Your application has no job with this JobId.')
}
