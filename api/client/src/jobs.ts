import { hasEnded, type EmrSystem, type Job, type JobStatus, type PatientEncounterRequest } from './contract.ts'
import { contentOf, type Gateway } from './gateway.ts'
import { pauseFor } from './patience.ts'
import { newIdempotencyKey, type EmrLogin } from './request-headers.ts'
import { retryAfterMsOf } from './gateway-error.ts'

const SECOND = 1000
/** As long as the gateway holds a request at most. */
const LONGEST_WAIT_S = 60
/** Between two looks at a job, whatever the gateway says. */
const LEAST_PAUSE_MS = 250

/** What can be said with each call. */
export type CallOptions = {
  /** Ends the call: it throws the signal's reason. What the gateway has accepted by then it does not give back. */
  signal?: AbortSignal | undefined
}

/** What can be said of one encounter. */
export type SubmitOptions = CallOptions &
  EmrLogin & {
    /** 1 to 255 characters, the same for the same encounter; a new one is made if left out. */
    idempotencyKey?: string | undefined
    /** How long to wait for the outcome, in seconds; 0 if left out. The job is given back as it stands then. */
    waitSeconds?: number | undefined
  }

/** How long to wait for a job. */
export type WaitOptions = CallOptions & {
  /** For at most so many seconds: the job is given back as it stands then. For ever if left out. */
  waitSeconds?: number | undefined
}

/** Which of the application's jobs are meant; all of them if nothing is said. */
export type JobFilter = { status?: JobStatus; emrSystem?: EmrSystem; batchId?: string }

/** Submits one encounter, once, however often it has to be sent. Resolves with its job when that is on disk. */
export async function submit(
  gateway: Gateway,
  emrSystem: EmrSystem,
  encounter: PatientEncounterRequest,
  options: SubmitOptions = {},
): Promise<Job> {
  const idempotencyKey = options.idempotencyKey ?? newIdempotencyKey()
  const result = await gateway.api.POST('/api/v1/{EMRSystem}/PatientEncounters', {
    params: { path: { EMRSystem: emrSystem } },
    // without it an application's own waitSeconds would bring the EMR's answer in place of the job
    headers: { ...gateway.loginFor(options), 'Idempotency-Key': idempotencyKey, Prefer: 'respond-async' },
    body: encounter,
    ...signalIn(options),
  })
  const job = contentOf(result) as Job
  const { waitSeconds = 0 } = options
  return waitSeconds > 0 && !hasEnded(job) ? await follow(gateway, job.JobId, options) : job
}

/** Where a job stands. */
export async function readJob(gateway: Gateway, jobId: string, options: CallOptions = {}): Promise<Job> {
  const about = { params: { path: { JobId: jobId } }, ...signalIn(options) }
  return contentOf(await gateway.api.GET('/api/v1/Jobs/{JobId}', about))
}

/** Waits for a job to end, and gives it as it stands then. */
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
    // a gateway that has too many who wait answers at once
    if (result.response.headers.has('Preference-Applied')) continue
    const again = retryAfterMsOf(result.response.headers.get('Retry-After')) ?? SECOND
    await pauseFor(Math.min(Math.max(again, LEAST_PAUSE_MS), until - Date.now()), options.signal)
  }
}

/** Cancels a job of which the EMR has nothing; to cancel it again is no mistake. A 409 if it is too late. */
export async function cancelJob(gateway: Gateway, jobId: string, options: CallOptions = {}): Promise<void> {
  const about = { params: { path: { JobId: jobId } }, ...signalIn(options) }
  contentOf(await gateway.api.DELETE('/api/v1/Jobs/{JobId}', about))
}

/** Begins a new round of attempts for a job that has failed or whose outcome is not known. Not sent twice by itself. */
export async function retryJob(gateway: Gateway, jobId: string, options: CallOptions = {}): Promise<Job> {
  const about = { params: { path: { JobId: jobId } }, ...signalIn(options) }
  return contentOf(await gateway.api.POST('/api/v1/Jobs/{JobId}/Retry', about))
}

/** The application's own jobs, newest first, page after page. */
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

/** A signal for `fetch`, which takes none that is `undefined`. */
export function signalIn({ signal }: CallOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {}
}
