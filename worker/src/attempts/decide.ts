import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { Begun, Settlement } from '@encounter-gateway/shared/records/dispatch.ts'
import { cancelled, type Ending, type Guard } from '@encounter-gateway/shared/records/outcome.ts'
import { Undecided } from '../emr/claim.ts'
import type { EncounterFound } from '../emr/emr.ts'
import type { EmrError, EmrErrorCode } from '../emr/emr-error.ts'
import { countsAgainstEmr } from './breaker.ts'
import { endedBy, expired, failed, neverAsked, neverSettled, succeeded, unanswered, undecided } from './endings.ts'

/** A call that may be made (`go`), or an earlier one whose result was never recorded or is unknown (`dangling`). */
export type Call = Extract<Begun, { kind: 'go' | 'dangling' }>

/**
 * The result of a call. `held`: the breaker blocked it; `late`: not made, because this process was suspended after
 * marking the call or must end; `unconfirmed`: not made, because too few replicas of Redis have the mark; `fault`: the
 * gateway failed before anything was sent; `loginHeld`: the EMR refuses the login, so the job is to wait.
 */
export type Answer<T> =
  | { kind: 'answered'; value: T }
  | { kind: 'failed'; error: EmrError }
  | { kind: 'held' | 'late' | 'unconfirmed' | 'fault' }
  | { kind: 'loginHeld'; login: string; forMs: number }

/**
 * The settings of a connection that the decision depends on. `asks`: the EMR can be asked for an encounter, and this
 * connection does so.
 */
export type Policy = Pick<Connection, 'maxAttempts' | 'onUnknownOutcome' | 'timeoutMs' | 'settleMs'> & { asks: boolean }

/** What the decision needs besides records and settings. */
export type Circumstances = {
  /** Milliseconds since `begin` allowed the call. */
  sinceAskedMs: number
  /** The process must end and has aborted the call under way. */
  stopping: boolean
  /** The pause before the next try, in milliseconds. */
  backoffMs: number
  /** The pause after a call that reached nobody, in milliseconds. */
  awayMs: number
}

/**
 * The next step for a job. `call`, `ask` and `takeOver` are intermediate steps; the others end this start of the job,
 * and only `create-encounter.ts` acts on them.
 */
export type Next =
  | { step: 'call'; call: Extract<Begun, { kind: 'go' }> }
  | { step: 'ask'; call: Extract<Begun, { kind: 'dangling' }> }
  /**
   * Begin the attempt after `attempt`: the EMR surely never received that one (`absent`), or deduplicates it
   * (`resend`).
   */
  | { step: 'takeOver'; attempt: number; as: 'absent' | 'resend' }
  /** The job's outcome. `onlyIf`: the condition for writing it. */
  | { step: 'end'; ending: Ending; onlyIf?: Guard | undefined }
  /**
   * Another attempt, or another question, follows in `inMs`; the EMR asked the whole connection to pause for `holdMs`,
   * which is no more than it asked for.
   */
  | { step: 'again'; inMs: number; code: EmrErrorCode; settlement?: Settlement; holdMs?: number | undefined }
  /** Back to the queue for `inMs`, without spending an attempt; until then it waits for a `login`, if that is why. */
  | { step: 'giveBack'; inMs: number; settlement?: Settlement; login?: string }
  /**
   * Back to the queue, which is held: by the breaker, or because the EMR has turned the call away (`busy`). It asked for
   * a pause of `busy.forMs` milliseconds, 0 if it named none. `heldMs`: for how long it was not let through.
   */
  | { step: 'park'; settlement?: Settlement; busy?: { forMs: number }; heldMs?: number }
  /** Ended elsewhere, or never reported to the client as accepted. */
  | { step: 'leave' }

/** Decides how a job starts from the reply of `begin.lua`. */
export function afterBegin(begun: Begun, policy: Policy): Next {
  switch (begun.kind) {
    case 'go':
      return { step: 'call', call: begun }
    case 'dangling':
      return afterDangling(begun, policy)
    case 'parked':
      return { step: 'park', heldMs: begun.forMs }
    case 'expired':
      return {
        step: 'end',
        ending: begun.doubt ? neverSettled() : expired(begun.waitsFor),
        onlyIf: begun.doubt ? undefined : 'undispatched',
      }
    case 'cancelled':
      return { step: 'end', ending: cancelled(), onlyIf: 'cancelledWithBatch' }
    case 'erased':
      return { step: 'end', ending: begun.doubt ? neverSettled() : failed(500, 'the stored request is gone') }
    // finished or unaccepted
    default:
      return { step: 'leave' }
  }
}

/**
 * The same after taking over an earlier attempt: if the call is found dangling again, another process has overtaken
 * this one.
 */
export function afterTakeOver(begun: Begun, policy: Policy, { backoffMs }: Pick<Circumstances, 'backoffMs'>): Next {
  return begun.kind === 'dangling' ? { step: 'giveBack', inMs: backoffMs } : afterBegin(begun, policy)
}

/** The result of an earlier call is unknown: ask, or follow the policy. */
function afterDangling(call: Extract<Begun, { kind: 'dangling' }>, policy: Policy): Next {
  // attempt 0: a person opened this round, and so decided that the job continues
  if (policy.onUnknownOutcome === 'stop' && (call.attempt > 0 || call.suspected))
    return { step: 'end', ending: unanswered(codeOf(call)), onlyIf: call }
  return policy.asks ? { step: 'ask', call } : afterSilence(call, policy, false)
}

/** The EMR was asked whether it has the encounter. */
export function afterQuestion(
  answer: Answer<EncounterFound | undefined>,
  call: Extract<Begun, { kind: 'dangling' }>,
  policy: Policy,
  { stopping, backoffMs }: Circumstances,
): Next {
  if (answer.kind === 'answered') {
    if (answer.value) return { step: 'end', ending: succeeded(answer.value, { recovered: true }) }
    return afterSilence(call, policy, true)
  }
  if (answer.kind === 'held') return { step: 'park' }
  if (answer.kind === 'loginHeld' && call.deadlineInMs > 0)
    return { step: 'giveBack', inMs: Math.min(answer.forMs, call.deadlineInMs), login: answer.login }
  if (stopping) return { step: 'giveBack', inMs: 0 }
  if (answer.kind === 'failed' && answer.error.unspent === 'busy' && call.deadlineInMs > 0)
    return { step: 'park', busy: { forMs: answer.error.retryAfterMs ?? 0 } }
  if (answer.kind === 'failed' && answer.error.retry && call.deadlineInMs > 0) return askAgain(answer.error, backoffMs)
  const isUndecided = answer.kind === 'failed' && answer.error instanceof Undecided
  return { step: 'end', ending: isUndecided ? undecided(answer.error.message) : neverAsked(), onlyIf: call }
}

/**
 * No sign of the encounter: believed once the EMR can no longer be working on it. `absent`: the EMR itself reported it
 * absent.
 */
function afterSilence(call: Extract<Begun, { kind: 'dangling' }>, policy: Policy, absent: boolean): Next {
  const unsettledMs = believedAfterMs(policy, call.state) - call.sinceMs
  if (unsettledMs > 0) return { step: 'giveBack', inMs: unsettledMs }
  const code = codeOf(call)
  // a failure that does not come from the EMR's state would only repeat
  const exhausted = call.attempt >= policy.maxAttempts || (code !== 408 && code !== 502)
  if (!exhausted) return { step: 'takeOver', attempt: call.attempt, as: absent ? 'absent' : 'resend' }
  const ending = absent ? failed(code, 'no attempt created the encounter in the EMR') : neverSettled()
  return { step: 'end', ending, onlyIf: call }
}

/** A call that would create the encounter has ended, or was not made. */
export function afterCreate(
  answer: Answer<EncounterFound>,
  call: Extract<Begun, { kind: 'go' }>,
  policy: Policy,
  circumstances: Circumstances,
): Next {
  const unspent = unspentOf(call)
  switch (answer.kind) {
    case 'answered':
      return { step: 'end', ending: succeeded(answer.value, { recovered: false }) }
    case 'held':
      return { step: 'park', settlement: unspent }
    case 'late':
      return { step: 'giveBack', inMs: 0, settlement: unspent }
    case 'unconfirmed':
      return { step: 'giveBack', inMs: circumstances.backoffMs, settlement: unspent }
    case 'loginHeld': {
      const inMs = Math.min(answer.forMs, call.deadlineInMs)
      const settlement: Settlement = { ...unspent, nextInMs: inMs, waitsFor: 'login' }
      return { step: 'giveBack', inMs, settlement, login: answer.login }
    }
    case 'fault':
      return endUnless(call, failed(500, 'the gateway failed before it sent the encounter'))
    default:
      return afterFailure(answer.error, call, policy, circumstances)
  }
}

function afterFailure(
  error: EmrError,
  call: Extract<Begun, { kind: 'go' }>,
  policy: Policy,
  { sinceAskedMs, stopping, backoffMs, awayMs }: Circumstances,
): Next {
  const { round, attempt, sentAt } = call
  const { outcomeUnknown, code } = error
  const unspent = unspentOf(call)
  // we aborted it before a byte was sent, or nearly so: nothing new is known
  if (stopping && error.retry && !outcomeUnknown) return { step: 'giveBack', inMs: 0, settlement: unspent }
  // attempts are for calls that reached the EMR: this wait ends at the job's deadline only
  if (error.unspent && error.retry && !outcomeUnknown) return wait(error, call, awayMs)
  // the EMR is still sick; an outage must not use up the attempts of the jobs that probe it
  if (call.probing && countsAgainstEmr(error) && !outcomeUnknown) return { step: 'park', settlement: unspent }
  const lastOne = attempt >= policy.maxAttempts
  if (!outcomeUnknown && (lastOne || !error.retry)) return endUnless(call, endedBy(error))
  if (outcomeUnknown && policy.onUnknownOutcome === 'stop')
    return { step: 'end', ending: unanswered(code), onlyIf: call }
  // the EMR may work on an unanswered call for as long as a caller would wait for one
  const endsInMs = error.answered ? 0 : Math.max(policy.timeoutMs - sinceAskedMs, 0)
  // after the last attempt, only asking the EMR is left, once its answer can be believed
  const inMs = stopping ? 0 : lastOne ? endsInMs + policy.settleMs : Math.max(error.retryAfterMs ?? 0, backoffMs)
  const state = outcomeUnknown ? 'unknown' : 'rejected'
  const settlement: Settlement = { round, attempt, sentAt, state, nextInMs: inMs, statusCode: code, endsInMs }
  if (stopping) return { step: 'giveBack', inMs, settlement }
  return { step: 'again', inMs, code, settlement, holdMs: error.retryAfterMs }
}

/** Nothing was done, by anybody: the job waits for the EMR, without spending an attempt. */
function wait(error: EmrError, call: Extract<Begun, { kind: 'go' }>, awayMs: number): Next {
  const { probing } = call
  const busyMs = error.retryAfterMs ?? 0
  const inMs = error.unspent === 'busy' ? busyMs : awayMs
  const settlement: Settlement = { ...unspentOf(call), nextInMs: inMs, waitsFor: error.unspent }
  if (error.unspent === 'busy') return { step: 'park', settlement, busy: { forMs: busyMs } }
  // the breaker holds the queue until the next probe
  return probing ? { step: 'park', settlement } : { step: 'giveBack', inMs, settlement }
}

/** The call was not made, and does not count. */
function unspentOf({ round, attempt, sentAt }: Extract<Begun, { kind: 'go' }>): Settlement {
  return { round, attempt, sentAt, state: 'unspent', nextInMs: 0, statusCode: 0 }
}

function askAgain(error: EmrError, backoffMs: number): Next {
  const inMs = Math.max(error.retryAfterMs ?? 0, backoffMs)
  return { step: 'again', inMs, code: error.code, holdMs: error.retryAfterMs }
}

/** Ends the job; as `OutcomeUnknown` if an earlier attempt left a doubt. */
function endUnless(call: Extract<Begun, { kind: 'go' }>, ending: Ending): Next {
  return { step: 'end', ending: call.doubt ? neverSettled() : ending, onlyIf: call }
}

function codeOf(call: Extract<Begun, { kind: 'dangling' }>): EmrErrorCode {
  return (call.statusCode ?? 408) as EmrErrorCode
}

/**
 * When the EMR's "no such encounter" is believed, in milliseconds from the end of the call. If the end was never
 * recorded, the time counts from when the call was sent: it may still be under way in a process that was merely held
 * up, so its time-out comes first.
 */
function believedAfterMs({ timeoutMs, settleMs }: Policy, state: 'dispatching' | 'unknown'): number {
  return state === 'dispatching' ? timeoutMs + settleMs : settleMs
}
