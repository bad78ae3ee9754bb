import {
  hasEnded,
  type EmrSystem,
  type Job,
  type JobStatus,
  type PatientEncounterRequest,
  type Preview,
} from './contract.ts'
import { contentOf, type Gateway } from './gateway.ts'
import { pauseFor } from './patience.ts'
import { newIdempotencyKey, type EmrLogin } from './request-headers.ts'
import { retryAfterMsOf } from './gateway-error.ts'

const SECOND = 1000
/** The longest time for which the gateway holds a request. */
const LONGEST_WAIT_S = 60
/** The minimum pause between two reads of a job. */
const LEAST_PAUSE_MS = 250

/** The options of every call. */
export type CallOptions = {
  /** Ends the call, which throws the reason of the signal. Does not undo what the gateway has accepted by then. */
  signal?: AbortSignal | undefined
}

/** The options for submitting one encounter. */
export type SubmitOptions = CallOptions &
  EmrLogin & {
    /** 1 to 255 characters, the same for the same encounter. Default: a new key. */
    idempotencyKey?: string | undefined
    /** How long to wait for the outcome, in seconds. Default 0. Then returns the job in its current state. */
    waitSeconds?: number | undefined
  }

/** How long to wait for a job. */
export type WaitOptions = CallOptions & {
  /** The maximum time in seconds, after which the job is returned in its current state. Default: no limit. */
  waitSeconds?: number | undefined
}

/** Restricts a list of the application's jobs; by default all are listed. */
export type JobFilter = { status?: JobStatus; emrSystem?: EmrSystem; batchId?: string }

/** Submits one encounter, exactly once even if it is sent repeatedly. Resolves with its job when that is durable. */
export async function submit(
  gateway: Gateway,
  emrSystem: EmrSystem,
  encounter: PatientEncounterRequest,
  options: SubmitOptions = {},
): Promise<Job> {
  const idempotencyKey = options.idempotencyKey ?? newIdempotencyKey()
  const result = await gateway.api.POST('/api/v1/{EMRSystem}/PatientEncounters', {
    params: { path: { EMRSystem: emrSystem } },
    // otherwise an application's own waitSeconds would return the outcome instead of the job
    headers: { ...gateway.loginFor(options), 'Idempotency-Key': idempotencyKey, Prefer: 'respond-async' },
    body: encounter,
    ...signalIn(options),
  })
  const job = contentOf(result) as Job
  const { waitSeconds = 0 } = options
  return waitSeconds > 0 && !hasEnded(job) ? await follow(gateway, job.JobId, options) : job
}

/** Returns what one encounter would become at the EMR; nothing is stored or sent. */
export async function preview(
  gateway: Gateway,
  emrSystem: EmrSystem,
  encounter: PatientEncounterRequest,
  options: CallOptions & EmrLogin = {},
): Promise<Preview> {
  const result = await gateway.api.POST('/api/v1/{EMRSystem}/PatientEncounters', {
    params: { path: { EMRSystem: emrSystem }, query: { DryRun: true } },
    headers: gateway.loginFor(options),
    body: encounter,
    ...signalIn(options),
  })
  return contentOf(result) as Preview
}

/** Gets a job. */
export async function readJob(gateway: Gateway, jobId: string, options: CallOptions = {}): Promise<Job> {
  const about = { params: { path: { JobId: jobId } }, ...signalIn(options) }
  return contentOf(await gateway.api.GET('/api/v1/Jobs/{JobId}', about))
}

/** Waits for a job to end, and returns it. */
export async function follow(gateway: Gateway, jobId: string, options: WaitOptions = {}): Promise<Job> {
  const { waitSeconds = Infinity } = options
  const until = Date.now() + waitSeconds * SECOND
  for (;;) {
    const wait = Math.max(0, Math.min(LONGEST_WAIT_S, Math.ceil((until - Date.now()) / SECOND)))
    const result = await gateway.api.GET('/api/v1/Jobs/{JobId}', {
      params: { path: { JobId: jobId } },
      ...(wait > 0 && { headers: { Prefer: `wait=${wait}` } }),
      ...signalIn(options),
    })
    const job = contentOf(result)
    if (hasEnded(job) || Date.now() >= until) return job
    // a gateway with too many waiting requests answers at once
    if (result.response.headers.has('Preference-Applied')) continue
    const again = retryAfterMsOf(result.response.headers.get('Retry-After')) ?? SECOND
    await pauseFor(Math.min(Math.max(again, LEAST_PAUSE_MS), until - Date.now()), options.signal)
  }
}

/** Cancels a job that was never sent to the EMR; a 409 if it is too late. Cancelling twice is harmless. */
export async function cancelJob(gateway: Gateway, jobId: string, options: CallOptions = {}): Promise<void> {
  const about = { params: { path: { JobId: jobId } }, ...signalIn(options) }
  contentOf(await gateway.api.DELETE('/api/v1/Jobs/{JobId}', about))
}

/** Begins a new round of attempts for a job that ended without success. Not retried automatically. */
export async function retryJob(gateway: Gateway, jobId: string, options: CallOptions = {}): Promise<Job> {
  const about = { params: { path: { JobId: jobId } }, ...signalIn(options) }
  return contentOf(await gateway.api.POST('/api/v1/Jobs/{JobId}/Retry', about))
}

/** Lists the application's own jobs, newest first, page by page. */
export async function* listJobs(
  gateway: Gateway,
  filter: JobFilter = {},
  options: CallOptions = {},
): AsyncGenerator<Job, void, undefined> {
  const { status, emrSystem, batchId } = filter
  const query = {
    Limit: 200,
    ...(status && { Status: status }),
    ...(emrSystem && { EMRSystem: emrSystem }),
    ...(batchId && { BatchId: batchId }),
  }
  let cursor: string | undefined
  do {
    const params = { query: { ...query, ...(cursor !== undefined && { Cursor: cursor }) } }
    const page = contentOf(await gateway.api.GET('/api/v1/Jobs', { params, ...signalIn(options) }))
    yield* page.Jobs
    cursor = page.Cursor
  } while (cursor !== undefined)
}

/** The signal for `fetch`, which does not accept `undefined`. */
export function signalIn({ signal }: CallOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {}
}
