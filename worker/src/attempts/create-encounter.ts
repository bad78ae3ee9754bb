import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { unpackPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { CREATE_ENCOUNTER } from '@encounter-gateway/shared/records/queue.ts'
import type { Begun, CallName, Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import { DelayedError, UnrecoverableError, Worker, type Job } from 'bullmq'
import type { Logger } from 'pino'
import { backoffMs } from './backoff.ts'
import { limitCall } from './call-limit.ts'
import { countsAgainstEmr, HeldByBreaker, type Breaker } from './breaker.ts'
import {
  EmrError,
  type Emr,
  type EmrCall,
  type EmrErrorCode,
  type EncounterFound,
  type EncounterOrder,
} from '../emr/emr.ts'
import {
  cancelled,
  endedBy,
  expired,
  failed,
  outcomeUnknown,
  reasonOfAttempt,
  reasonOfEnding,
  succeeded,
  type Ending,
} from './endings.ts'

export type EncounterJob = Job<Routing, void, typeof CREATE_ENCOUNTER>

/** What came of one attempt, for the log line and the metrics. */
export type Attempted = { outcome: string; code: number; ms: number; recovered?: boolean }

/** What the processor of one connection works with. */
export type Workplace = {
  connection: Connection
  emr: Emr
  records: Records
  breaker: Breaker
  log: Logger
  /** For the line that tells of an attempt. It looks for nothing to withhold, which took longer than the line itself. */
  attempts: Logger
  /** Aborts when the process must end before its calls have. */
  stopping: AbortSignal
  /** Whether this application has an endpoint to be told of outcomes. */
  announces: (application: string) => boolean
  /** Called after each outcome that was recorded here. */
  finished: () => void
  /** Called after each call to the EMR. */
  attempted: (attempt: Attempted) => void
}

/** An attempt that will be followed by another: all that BullMQ gets to keep of it is code and problem name. */
export class TryAgain extends Error {
  override name = 'TryAgain'
  readonly delayMs: number
  constructor(code: EmrErrorCode, delayMs: number) {
    super(reasonOfAttempt(code))
    this.delayMs = delayMs
  }
}

const VERBOSE = { level: 'debug' }

type Call = Extract<Begun, { kind: 'go' | 'dangling' }>

/** The process stood still between the mark and the call, so that others may take the call for over: it is not made. */
class HeldUp extends Error {
  override name = 'HeldUp'
}

/**
 * Creates the encounter of one job, once: marks the call, makes it, records what came of it.
 * A start that finds the mark of an earlier call asks the EMR before anything is sent again.
 * Wherever the process dies, the next start of the job goes on from what the records say.
 */
export async function createEncounter(job: EncounterJob, token: string, at: Workplace): Promise<void> {
  const jobId = job.id ?? ''
  const begun = await at.records.begin(jobId, batchOf(job))
  switch (begun.kind) {
    case 'go':
      return dispatch(job, token, at, begun)
    case 'dangling':
      return reconcile(job, token, at, begun)
    case 'parked':
      throw Worker.RateLimitError()
    case 'expired':
      return finish(job, at, begun.doubt ? neverSettled() : expired())
    case 'cancelled':
      return finish(job, at, cancelled())
    case 'erased':
      return finish(job, at, failed(500, 'the stored request is gone'))
    case 'finished':
    case 'unaccepted':
      // ended elsewhere, or never told to the client as accepted
      return
  }
}

/** What begin.lua is to know of a batch item. */
function batchOf({ data }: EncounterJob): { BatchId?: string } {
  return data.BatchId === undefined ? {} : { BatchId: data.BatchId }
}

async function dispatch(job: EncounterJob, token: string, at: Workplace, call: Call): Promise<void> {
  const { connection, records } = at
  const jobId = job.id ?? ''
  const { round, attempt } = call
  let created
  try {
    created = await callEmr(job, at, call, (order, limits) => at.emr.create(order, limits))
  } catch (error) {
    if (error instanceof HeldByBreaker) {
      await records.settle(jobId, { round, attempt, state: 'unspent', nextInMs: 0, statusCode: 0 })
      throw Worker.RateLimitError()
    }
    if (error instanceof HeldUp) {
      await records.settle(jobId, { round, attempt, state: 'unspent', nextInMs: 0, statusCode: 0 })
      return handBack(job, token, 0)
    }
    if (!(error instanceof EmrError)) {
      const fault = failed(500, 'the gateway failed to send the encounter')
      return finish(job, at, call.doubt ? neverSettled() : fault, call)
    }
    if (call.probing && countsAgainstEmr(error) && !error.outcomeUnknown) {
      // the EMR is still away; an outage must not use up the attempts of the jobs that it is probed with
      await records.settle(jobId, { round, attempt, state: 'unspent', nextInMs: 0, statusCode: 0 })
      throw Worker.RateLimitError()
    }
    const again = error.retry && attempt < connection.maxAttempts
    if (!error.outcomeUnknown && !again) return finish(job, at, call.doubt ? neverSettled() : endedBy(error), call)
    if (error.outcomeUnknown && connection.onUnknownOutcome === 'stop')
      return finish(job, at, unknownAfter(error.code), call)
    const interrupted = at.stopping.aborted
    // after the last attempt nothing is left but to ask the EMR, once its answer can be believed
    const lastOne = attempt >= connection.maxAttempts
    // a call that got no answer may be worked on for as long as one that is waited for
    const endsInMs = error.answered ? 0 : Math.max(connection.timeoutMs - (performance.now() - call.askedAt), 0)
    const lastWaitMs = endsInMs + connection.settleMs
    const nextInMs = interrupted ? 0 : lastOne ? lastWaitMs : nextDelayMs(at, error, attempt)
    const state = error.outcomeUnknown ? 'unknown' : 'rejected'
    await records.settle(jobId, { round, attempt, state, nextInMs, statusCode: error.code, endsInMs })
    if (interrupted) return handBack(job, token, 0)
    if (error.retryAfterMs !== undefined) await at.breaker.hold(error.retryAfterMs)
    throw new TryAgain(error.code, nextInMs)
  }
  return finish(job, at, succeeded(created, false))
}

/** An earlier call's end is not known: found in the EMR, surely absent, or still in doubt. */
async function reconcile(
  job: EncounterJob,
  token: string,
  at: Workplace,
  call: Extract<Begun, { kind: 'dangling' }>,
): Promise<void> {
  const { connection, emr, records } = at
  const code = (call.statusCode ?? 408) as EmrErrorCode
  // attempt 0: a person has opened this round, and so decided that it goes on
  if (connection.onUnknownOutcome === 'stop' && call.attempt > 0) return finish(job, at, unknownAfter(code), call)
  const asks = emr.find !== undefined && connection.onUnknownOutcome !== 'resend'
  if (asks) {
    let found
    try {
      found = await callEmr(job, at, call, async (order, limits) => emr.find?.(order, limits))
    } catch (error) {
      return stillInDoubt(job, token, at, call, error)
    }
    if (found) return finish(job, at, succeeded(found, true))
  }
  const unsettledMs = settledAfterMs(connection, call.state) - call.sinceMs
  if (unsettledMs > 0) return handBack(job, token, unsettledMs)
  // what failed for another reason than the EMR's state fails again
  const exhausted = call.attempt >= connection.maxAttempts || (code !== 408 && code !== 502)
  if (exhausted && !asks) return finish(job, at, neverSettled(), call)
  if (exhausted)
    return finish(job, at, failed(code, 'the EMR did not create the encounter in any of the attempts'), call)
  const begun = await records.begin(job.id ?? '', {
    ...batchOf(job),
    attempt: call.attempt,
    as: asks ? 'absent' : 'resend',
  })
  if (begun.kind === 'go') return dispatch(job, token, at, begun)
  if (begun.kind === 'expired') return finish(job, at, begun.doubt ? neverSettled() : expired())
  if (begun.kind === 'cancelled') return finish(job, at, cancelled())
  // another process has moved on with the job, or the breaker has opened
  return handBack(job, token, begun.kind === 'parked' ? begun.forMs : connection.backoffMs)
}

async function stillInDoubt(
  job: EncounterJob,
  token: string,
  at: Workplace,
  call: Call,
  error: unknown,
): Promise<void> {
  if (error instanceof HeldByBreaker) throw Worker.RateLimitError()
  if (at.stopping.aborted) return handBack(job, token, 0)
  const mayAskAgain = error instanceof EmrError && error.retry && call.deadlineInMs > 0
  if (!mayAskAgain)
    return finish(job, at, outcomeUnknown('The EMR could not be asked whether it has the encounter.'), call)
  if (error.retryAfterMs !== undefined) await at.breaker.hold(error.retryAfterMs)
  throw new TryAgain(error.code, nextDelayMs(at, error, job.attemptsMade + 1))
}

type EmrAction<T> = (order: EncounterOrder, limits: EmrCall) => Promise<T>

/** One call to the EMR, bounded in time, counted by the breaker and told in one log line. */
async function callEmr<T extends EncounterFound | undefined>(
  job: EncounterJob,
  at: Workplace,
  call: Call,
  action: EmrAction<T>,
): Promise<T> {
  const { connection } = at
  const jobId = job.id ?? ''
  const creating = call.kind === 'go'
  const startedAt = performance.now()
  let verbose = false
  let called = false
  const tell = (outcome: string, code: number, more: object = {}) => {
    const ms = Math.round(performance.now() - startedAt)
    const event = creating ? 'encounter.attempted' : 'encounter.reconciled'
    const log = verbose ? at.attempts.child({}, VERBOSE) : at.attempts
    log.info({ job: jobId, attempt: call.attempt, of: connection.maxAttempts, ms, outcome, code, ...more }, event)
    at.attempted({ outcome, code, ms })
  }
  try {
    const payload = unpackPayload(at.records.openPayload(jobId, job.data.application, call.payload))
    const { credentials, request } = payload
    verbose = payload.verbose
    const order = { correlationKey: jobId, encounter: takeEncounter(request), credentials, mayExist: call.doubt }
    // counted from the mark on: after that others take it that the call has ended
    const leftMs = () => Math.ceil(connection.timeoutMs - (creating ? performance.now() - call.askedAt : 0))
    const { signal, release } = limitCall(at.stopping, Math.max(leftMs(), 0))
    const kind = creating ? 'creation' : 'question'
    const answer = await at.breaker.call(call.probing, kind, async () => {
      if (leftMs() <= 0) throw new HeldUp('the call would come too late')
      called = true
      return action(order, {
        signal,
        // few calls have anything to say
        get log() {
          return at.log.child({ job: jobId }, verbose ? VERBOSE : {})
        },
        ...(creating && { sendBy: call.askedAt + connection.timeoutMs }),
      })
    })
    // after a failure the signal still has to end what the connector may have left behind
    release()
    if (creating) tell('created', 201)
    else tell(answer ? 'found' : 'absent', answer ? 201 : 404)
    return answer
  } catch (error) {
    if (error instanceof EmrError) {
      tell(error.outcomeUnknown ? 'unknown' : 'refused', error.code, { reason: error.message, again: error.retry })
    } else if (error instanceof HeldUp) {
      tell('held up', 0)
    } else if (!(error instanceof HeldByBreaker)) {
      tell('fault', 500)
      at.log.error({ job: jobId, err: error }, 'encounter.fault')
      // a fault of ours, perhaps after the EMR had created the encounter
      if (called)
        throw new EmrError(500, 'the gateway failed while it called the EMR', { outcomeUnknown: true, retry: false })
    }
    throw error
  }
}

/** `call`: the one that failed; that ends the job only while no other process has gone on to the next. */
async function finish(job: EncounterJob, at: Workplace, ending: Ending, call?: CallName): Promise<void> {
  const { application } = job.data
  const said = await at.records.finish(
    job.id ?? '',
    {
      ...ending,
      routing: job.data,
      createdAt: job.timestamp,
      maxAttempts: at.connection.maxAttempts,
      announce: at.announces(application),
      claims: at.emr.findsBy === 'likeness',
    },
    ending.status === 'Expired' || ending.status === 'Cancelled' ? 'undispatched' : call,
  )
  if (said === 'claimed') {
    return finish(
      job,
      at,
      outcomeUnknown('The encounter that the EMR has was already found to be that of another job.'),
      call,
    )
  }
  // it is not settled after all: come back to it rather than let BullMQ put it away
  if (said === 'dispatched' || said === 'superseded') throw new TryAgain(408, at.connection.backoffMs)
  if (said !== 'recorded') return
  at.finished()
  if (ending.status !== 'Succeeded') throw new UnrecoverableError(reasonOfEnding(ending))
}

/** Gives the job back to the queue without spending an attempt. */
async function handBack(job: EncounterJob, token: string, inMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.max(Math.ceil(inMs), 1), token)
  throw new DelayedError()
}

function nextDelayMs(at: Workplace, error: EmrError, attempt: number): number {
  return Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, at.connection.backoffMs))
}

/**
 * When the EMR's "I have no such encounter" is believed, counted from the end of the call. A call whose end nobody noted is
 * counted from when it was sent: it may still be under way in a process that was merely held up, so its time-out comes first.
 */
function settledAfterMs({ timeoutMs, settleMs }: Connection, state: 'dispatching' | 'unknown'): number {
  return state === 'dispatching' ? timeoutMs + settleMs : settleMs
}

function neverSettled(): Ending {
  return outcomeUnknown('An attempt got no answer, and no later one settled whether the EMR has the encounter.')
}

function unknownAfter(code: EmrErrorCode): Ending {
  return outcomeUnknown(
    code === 408
      ? 'The EMR did not answer in time, and this connection does not allow to send the encounter again.'
      : 'The EMR broke off without an answer, and this connection does not allow to send the encounter again.',
  )
}
