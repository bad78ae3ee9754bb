import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { problemType } from '@encounter-gateway/shared/contract/problem.ts'
import { isUnsuccessful, type ListPlace } from '@encounter-gateway/shared/records/job-list.ts'
import type { JobTimes } from '@encounter-gateway/shared/records/job-times.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import { isJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { SealError } from '@encounter-gateway/shared/sealing/seal.ts'
import { Refusal } from '../http/refusal.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { listBatchJobs } from '../jobs/list-batch-jobs.ts'
import { isOn, listOf, listPlaces, type JobFilter, type Listed, type Source } from '../jobs/list-jobs.ts'
import { readRange } from '../jobs/time-range.ts'
import type { JobDetail, JobSelection, OperatorJob, TimelineEvent } from './api/schemas.ts'
import { maySee } from './rights.ts'

/** The places of the jobs that an operator may know of and that match, newest first. */
export async function findPlaces(
  connections: EmrConnections,
  { operator, configured }: { operator: Operator; configured: readonly string[] },
  { selection, after, limit }: { selection: JobSelection; after: ListPlace | undefined; limit: number },
): Promise<{ places: Listed[]; next?: ListPlace; isScanned: boolean }> {
  const filter: JobFilter = { ...selection, range: readRange(selection) }
  const usable = connections.all.filter((each) => maySee(operator, each.settings) && isOn(each, filter))
  const sources = await Promise.all(
    usable.map(async (connection): Promise<Source[]> => {
      const { Status, Application } = selection
      if (isUnsuccessful(Status)) return [{ connection, name: { ended: Status, application: Application } }]
      const names = Application
        ? [Application]
        : new Set([...configured, ...(await connection.records.jobs.applications())])
      return [...names].map((name) => ({ connection, name: listOf(Status, name) }))
    }),
  )
  return listPlaces(sources.flat(), { filter, after, limit })
}

/** The jobs at these places. One whose result cannot be opened, for lack of its sealing key, is shown without it. */
export async function readPlaces(places: readonly Listed[]): Promise<OperatorJob[]> {
  const jobs = await Promise.all(
    places.map(async ({ connection, jobId, state }): Promise<OperatorJob[]> => {
      try {
        const view = await connection.records.jobs.view(jobId)
        return view ? [shownJob(view)] : []
      } catch (error) {
        if (!(error instanceof SealError)) throw error
        const { emrSystem: EMRSystem, emrInstance: EmrInstance } = connection.settings
        const Status = state.status
        return [{ JobId: jobId, EMRSystem, EmrInstance, Application: '', Status }]
      }
    }),
  )
  return jobs.flat()
}

/** The jobs of a batch that an operator may know of, in the order of its items. */
export async function readBatchJobs(
  connections: EmrConnections,
  operator: Operator,
  page: { batchId: string; status: JobStatus | undefined; from: number; limit: number },
): Promise<{ Jobs: OperatorJob[]; Cursor?: string }> {
  const connection = isJobId(page.batchId) ? connections.ofJob(page.batchId) : undefined
  const isSeen = connection && maySee(operator, connection.settings)
  const batch = isSeen ? await connection.records.batches.read(page.batchId) : undefined
  if (!connection || !batch) return { Jobs: [] }
  const { Jobs, Cursor } = await listBatchJobs({ connection, batch }, page)
  return {
    Jobs: Jobs.map((job) => shownJob({ job, application: batch.application })),
    ...(Cursor !== undefined && { Cursor }),
  }
}

/** Reads a job that an operator may know of. Throws the same 404 for any other. */
export async function seenJob(
  connections: EmrConnections,
  operator: Operator,
  jobId: string,
): Promise<{ connection: EmrConnection; view: JobView }> {
  const connection = isJobId(jobId) ? connections.ofJob(jobId) : undefined
  const view =
    connection && maySee(operator, connection.settings) ? await connection.records.jobs.view(jobId) : undefined
  if (!connection || !view) throw new Refusal('not-found', 'There is no job with this JobId.')
  return { connection, view }
}

/** A job with when what happened to it. */
export async function detailOf({ records }: EmrConnection, view: JobView): Promise<JobDetail> {
  const times = await records.jobs.times(view.job.JobId)
  return { ...shownJob(view), Timeline: timelineOf(view, times) }
}

/** What operators see of a job: nothing that is its application's alone. */
export function shownJob({ job, application }: Pick<JobView, 'job' | 'application'>): OperatorJob {
  const {
    EncounterId: _id,
    AlternativeIdentifiers: _ids,
    NotCarried: _lost,
    ParkedReason: _why,
    Problem,
    ...rest
  } = job
  const { ClientReference: _reference, ...shown } = rest as typeof rest & { ClientReference?: unknown }
  const prefix = problemType('internal').slice(0, -'internal'.length)
  return { ...shown, Application: application, ...(Problem && { Problem: Problem.type.slice(prefix.length) }) }
}

function timelineOf({ job }: JobView, { firstSentAt, sentAt, nextAttemptAt, rounds }: JobTimes): TimelineEvent[] {
  const events: TimelineEvent[] = [{ At: job.CreatedAt, Event: 'Accepted' }]
  if (firstSentAt) events.push({ At: isoTime(firstSentAt), Event: 'FirstAttempt' })
  if (sentAt && sentAt !== firstSentAt) events.push({ At: isoTime(sentAt), Event: 'LastAttempt' })
  for (const { round, status, statusCode, finishedAt, attempts } of rounds) {
    events.push({ At: isoTime(finishedAt), Event: status, Round: round, StatusCode: statusCode, Attempts: attempts })
  }
  if (nextAttemptAt && !job.FinishedAt) events.push({ At: isoTime(nextAttemptAt), Event: 'NextAttempt' })
  return events.toSorted((a, b) => a.At.localeCompare(b.At))
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
