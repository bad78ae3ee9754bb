import type { Application, Operator } from '@encounter-gateway/shared/config/schema.ts'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { ListPlace } from '@encounter-gateway/shared/records/job-list.ts'
import { Refusal } from '../http/refusal.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { cancelJob, retryJob, routed } from '../jobs/cancel-and-retry.ts'
import type { Listed } from '../jobs/list-jobs.ts'
import type { JobView } from '@encounter-gateway/shared/records/job-view.ts'
import { recordAct, type ActingOn, type Actor } from './acts.ts'
import type { JobSelection } from './api/schemas.ts'
import { expectOf, requireExpected } from './expect.ts'
import { findPlaces, seenJob } from './jobs-seen.ts'

/** Jobs that one request handles at most; the reply says if there are more. */
const AT_MOST = 10_000
const READ_AT_ONCE = 200
const AT_ONCE = 16

/** The dependencies of acts on jobs. */
export type JobActing = ActingOn & { connections: EmrConnections; applications: readonly Application[] }

/** The result of a bulk act, or of its dry run. */
export type BulkResult = { Count: number; Expect?: string; Done?: number; Skipped?: number; More?: boolean }

/** Counts the jobs that match, at most 10,000, and returns what the act must present. */
export async function countMatching(on: JobActing, operator: Operator, selection: JobSelection): Promise<BulkResult> {
  const { places, isMore } = await matching(on, operator, selection)
  return { Count: places.length, Expect: expectOf(places.length, textOf(selection)), ...(isMore && { More: true }) }
}

/**
 * Retries or cancels the jobs that match. Throws a 409 if `expect` is not of a dry run of the same filter, or if the
 * number of jobs has moved by more than a tenth since.
 */
export async function actOnJobs(
  on: JobActing,
  actor: Actor,
  about: { act: 'Retry' | 'Cancel'; selection: JobSelection; expect: string | undefined },
): Promise<BulkResult> {
  const { act, selection, expect } = about
  const { places, isMore } = await matching(on, actor.operator, selection)
  const count = places.length
  requireExpected(count, expect, textOf(selection))
  const About = JSON.stringify({ ...selection, Count: count })
  await recordAct(on, actor, { Action: `Jobs/${act}`, About })
  let done = 0
  for (let at = 0; at < count; at += AT_ONCE) {
    const results = await Promise.all(places.slice(at, at + AT_ONCE).map((place) => actOnPlace(act, place)))
    done += results.filter(Boolean).length
  }
  return { Count: count, Done: done, Skipped: count - done, ...(isMore && { More: true }) }
}

/** Retries or cancels one job. Throws a 404 or 409. */
export async function actOnJob(on: JobActing, actor: Actor, act: 'Retry' | 'Cancel', jobId: string): Promise<void> {
  const { connection, view } = await seenJob(on.connections, actor.operator, jobId)
  await recordAct(on, actor, { Action: `Job/${act}`, ...placeOf(connection, jobId), Before: view.job.Status })
  await perform(act, connection, view)
}

/** What a person found out about a job in doubt. */
export type Resolution = { as: 'Created'; encounterId: string } | { as: 'NotCreated'; next: 'Send' | 'Fail' }

/** Ends the doubt about a job. Throws a 409 if the job is not in doubt, a 410 if it is to be sent and its request is erased. */
export async function resolveJob(on: JobActing, actor: Actor, jobId: string, found: Resolution): Promise<void> {
  const { connection, view } = await seenJob(on.connections, actor.operator, jobId)
  const { jobs } = connection.records
  if (view.job.Status !== 'OutcomeUnknown') throw notInDoubt()
  const After = found.as === 'Created' ? 'Succeeded' : found.next === 'Send' ? 'Retrying' : 'Failed'
  const About = found.as === 'Created' ? 'Created' : `NotCreated, ${found.next}`
  const entry = { Action: 'Resolve', ...placeOf(connection, jobId), About, Before: 'OutcomeUnknown', After }
  await recordAct(on, actor, entry)
  const { application } = view
  if (found.as === 'NotCreated' && found.next === 'Send') {
    const said = await jobs.retry(routed({ name: application }, view.job), { absent: true })
    if (said === 'lined up' || said === 'reopened') return
    if (said === 'erased')
      throw new Refusal('gone', 'The request of this job has been erased; it cannot be sent again.')
    throw notInDoubt()
  }
  const detail = 'An operator checked the EMR: it does not have the encounter.'
  const isResolved = await jobs.resolve(
    jobId,
    application,
    found.as === 'Created'
      ? {
          status: 'Succeeded',
          statusCode: 201,
          result: { EncounterId: found.encounterId, AlternativeIdentifiers: [] },
        }
      : { status: 'Failed', statusCode: 502, result: { Problem: problem('emr-unavailable', detail) } },
  )
  if (!isResolved) throw notInDoubt()
}

async function matching(on: JobActing, operator: Operator, selection: JobSelection) {
  const configured = on.applications.map(({ name }) => name)
  const places: Listed[] = []
  let after: ListPlace | undefined
  do {
    const page = await findPlaces(on.connections, { operator, configured }, { selection, after, limit: READ_AT_ONCE })
    places.push(...page.places)
    after = page.next
  } while (after && places.length < AT_MOST)
  return { places: places.slice(0, AT_MOST), isMore: after !== undefined }
}

async function actOnPlace(act: 'Retry' | 'Cancel', { connection, jobId }: Listed): Promise<boolean> {
  try {
    const view = await connection.records.jobs.view(jobId)
    if (!view) return false
    await perform(act, connection, view)
    return true
  } catch (error) {
    // its state no longer permits it
    if (error instanceof Refusal) return false
    throw error
  }
}

function perform(act: 'Retry' | 'Cancel', connection: EmrConnection, view: JobView): Promise<void> {
  const application = { name: view.application }
  return act === 'Retry' ? retryJob(connection, application, view) : cancelJob(connection, application, view)
}

function placeOf({ settings }: EmrConnection, JobId: string) {
  return { EMRSystem: settings.emrSystem, EmrInstance: settings.emrInstance, JobId }
}

/** The same for the same filter, in whatever order it is written. */
function textOf(selection: JobSelection): string {
  return JSON.stringify(Object.entries(selection).toSorted(([a], [b]) => a.localeCompare(b)))
}

const notInDoubt = () =>
  new Refusal('conflict', 'The job is not in doubt (any more); only OutcomeUnknown can be resolved.')
