import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { Job, JobList, JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { SealError } from '@encounter-gateway/shared/sealing/seal.ts'
import { readJob, type JobShelves } from './own-job.ts'
import { comparePlaces, type ListPlace } from '@encounter-gateway/shared/records/job-list.ts'
import { cursorAfter } from './cursor.ts'
import type { EmrConnection } from '../connections/connections.ts'

/** Places scanned for one page; a filter with few matches then returns a short page and a cursor. */
const SCANNED_AT_MOST = 1_000
const SCANNED_AT_ONCE = 100

export type JobFilter = { Status?: JobStatus; EMRSystem?: string }

type Listed = ListPlace & { connection: EmrConnection }

/** One page of an application's jobs on all connections that it may use, newest first, beginning after `after`. */
export async function listJobs(
  shelves: JobShelves,
  application: Application,
  { filter, after, limit }: { filter: JobFilter; after: ListPlace | undefined; limit: number },
): Promise<JobList> {
  const connections = shelves.connections
    .usableBy(application)
    .filter(({ settings }) => !filter.EMRSystem || settings.emrSystem === filter.EMRSystem)
  const atOnce = filter.Status !== undefined ? SCANNED_AT_ONCE : limit
  const Jobs: Job[] = []
  let last = after
  for (let scanned = 0; scanned < SCANNED_AT_MOST; scanned += atOnce) {
    const places = await nextPlaces(connections, application.name, { after: last, count: atOnce })
    const found = await Promise.all(places.map((place) => readListed(shelves, place)))
    for (const [index, job] of found.entries()) {
      last = places[index]
      if (job && passes(job, filter)) Jobs.push(job)
      if (Jobs.length === limit && last) return { Jobs, Cursor: cursorAfter(last) }
    }
    if (places.length < atOnce) return { Jobs }
  }
  return { Jobs, ...(last && { Cursor: cursorAfter(last) }) }
}

function passes(job: Job, { Status }: JobFilter): boolean {
  return Status === undefined || job.Status === Status
}

/**
 * The job at a place; `undefined` if it has been deleted, or if the sealing key of its result is no longer configured.
 */
async function readListed(shelves: JobShelves, { connection, jobId }: Listed): Promise<Job | undefined> {
  try {
    const view = await readJob(shelves, connection, jobId)
    return view?.job
  } catch (error) {
    if (error instanceof SealError) return undefined
    throw error
  }
}

async function nextPlaces(
  connections: EmrConnection[],
  application: string,
  { after, count }: { after: ListPlace | undefined; count: number },
): Promise<Listed[]> {
  const lists = connections.map(async (connection): Promise<Listed[]> => {
    const places = await connection.list.page(application, after, count)
    return places.map(({ acceptedMs, jobId }) => ({ acceptedMs, jobId, connection }))
  })
  return (await Promise.all(lists)).flat().sort(comparePlaces).slice(0, count)
}
