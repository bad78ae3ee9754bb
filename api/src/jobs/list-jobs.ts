import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { Job, JobList, JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { SealError } from '@encounter-gateway/shared/sealing/seal.ts'
import {
  comparePlaces,
  isUnsuccessful,
  type ListedState,
  type ListName,
  type ListPlace,
  type ListRange,
} from '@encounter-gateway/shared/records/job-list.ts'
import { cursorAfter } from './cursor.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'

/** Places scanned for one page; a filter with few matches then returns a short page and a cursor. */
const SCANNED_AT_MOST = 2_000
const SCANNED_AT_ONCE = 200

/** What a list is narrowed to. The range is of the time that orders the list. */
export type JobFilter = {
  Status?: JobStatus | undefined
  EMRSystem?: string | undefined
  EmrInstance?: string | undefined
  StatusCode?: number | undefined
  range?: ListRange | undefined
}

/** A list of one connection. */
export type Source = { connection: EmrConnection; name: ListName }
/** A job in a list, with its state when the page was read. */
export type Listed = ListPlace & { connection: EmrConnection; state: ListedState }

/** One page of an application's jobs on all connections that it may use, newest first, beginning after `after`. */
export async function listJobs(
  all: EmrConnections,
  { name: application, ...rest }: Application,
  { filter, after, limit }: { filter: JobFilter; after: ListPlace | undefined; limit: number },
): Promise<JobList> {
  const connections = all.usableBy({ name: application, ...rest }).filter((each) => isOn(each, filter))
  const sources = connections.map((connection) => ({ connection, name: listOf(filter.Status, application) }))
  const Jobs: Job[] = []
  for (let from = after; ;) {
    const page = await listPlaces(sources, { filter, after: from, limit: limit - Jobs.length })
    const jobs = await Promise.all(page.places.map((place) => readListed(place)))
    // a job may have moved on since its state was read
    Jobs.push(...jobs.filter((job): job is Job => job !== undefined && isIn(job.Status, filter)))
    from = page.next
    if (!from || page.isScanned || Jobs.length >= limit) return { Jobs, ...(from && { Cursor: cursorAfter(from) }) }
  }
}

/** The list that holds all jobs in this state: one of their own, or all jobs of the application. */
export function listOf(status: JobStatus | undefined, application: string): ListName {
  return isUnsuccessful(status) ? { ended: status, application } : { application }
}

/** Whether a connection passes the filter. */
export function isOn({ settings }: EmrConnection, { EMRSystem, EmrInstance }: JobFilter): boolean {
  if (EMRSystem && settings.emrSystem !== EMRSystem) return false
  return !EmrInstance || settings.emrInstance === EmrInstance
}

/**
 * One page of the places in these lists together, newest first. `next`: after which place the next page begins, absent
 * at the end; `isScanned`: as many places were looked at as one request may. Costs the same however many jobs there are.
 */
export async function listPlaces(
  sources: readonly Source[],
  { filter, after, limit }: { filter: JobFilter; after: ListPlace | undefined; limit: number },
): Promise<{ places: Listed[]; next?: ListPlace; isScanned: boolean }> {
  const isNarrow = filter.Status !== undefined || filter.StatusCode !== undefined
  const atOnce = isNarrow ? SCANNED_AT_ONCE : limit
  const places: Listed[] = []
  let last = after
  for (let scanned = 0; scanned < SCANNED_AT_MOST; scanned += atOnce) {
    const some = await nextPlaces(sources, { after: last, count: atOnce, range: filter.range })
    const states = await statesOf(some)
    for (const [index, place] of some.entries()) {
      last = { atMs: place.atMs, jobId: place.jobId }
      const state = states[index]
      if (state && passes(state, filter)) places.push({ ...place, state })
      if (places.length === limit) return { places, next: last, isScanned: false }
    }
    if (some.length < atOnce) return { places, isScanned: false }
  }
  return { places, isScanned: true, ...(last && { next: last }) }
}

/** Whether a job passes, as far as its state read without its result says: what waits may be parked. */
function passes({ status, statusCode }: ListedState, { Status, StatusCode }: JobFilter): boolean {
  if (StatusCode !== undefined && statusCode !== StatusCode) return false
  if (Status === 'Parked') return status === 'Queued' || status === 'Retrying'
  return Status === undefined || status === Status
}

const isIn = (status: JobStatus, { Status }: JobFilter) => Status === undefined || status === Status

/**
 * The job at a place; `undefined` if it has been deleted, or if the sealing key of its result is no longer configured.
 */
async function readListed({
  connection,
  jobId,
}: {
  connection: EmrConnection
  jobId: string
}): Promise<Job | undefined> {
  try {
    const view = await connection.records.jobs.view(jobId)
    return view?.job
  } catch (error) {
    if (error instanceof SealError) return undefined
    throw error
  }
}

type Place = ListPlace & { connection: EmrConnection }

/** The states of these places, in their order, with one command per connection. */
async function statesOf(places: readonly Place[]): Promise<(ListedState | undefined)[]> {
  const found = new Map<string, ListedState | undefined>()
  const byConnection = Map.groupBy(places, ({ connection }) => connection)
  await Promise.all(
    [...byConnection].map(async ([connection, some]) => {
      const states = await connection.records.jobs.states(some.map(({ jobId }) => jobId))
      for (const [index, { jobId }] of some.entries()) found.set(jobId, states[index])
    }),
  )
  return places.map(({ jobId }) => found.get(jobId))
}

async function nextPlaces(
  sources: readonly Source[],
  { after, count, range }: { after: ListPlace | undefined; count: number; range: ListRange | undefined },
): Promise<Place[]> {
  const lists = sources.map(async ({ connection, name }): Promise<Place[]> => {
    const places = await connection.records.jobs.page(name, after, count, range)
    return places.map((place) => ({ ...place, connection }))
  })
  return (await Promise.all(lists)).flat().sort(comparePlaces).slice(0, count)
}
