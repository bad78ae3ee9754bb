import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { Begun, Guard, Settlement } from '@encounter-gateway/shared/records/jobs.ts'
import { Undecided } from '../emr/claim.ts'
import type { EncounterFound } from '../emr/emr.ts'
import type { EmrError, EmrErrorCode } from '../emr/emr-error.ts'
import { countsAgainstEmr } from './breaker.ts'
import {
  cancelled,
  endedBy,
  expired,
  failed,
  neverAsked,
  neverSettled,
  succeeded,
  unanswered,
  undecided,
  type Ending,
} from './endings.ts'

/** A call that may be made (`go`), or an earlier one whose end nobody noted or knows (`dangling`). */
export type Call = Extract<Begun, { kind: 'go' | 'dangling' }>

/**
 * What came of a call. `held`: the breaker kept it back; `late`: this process was suspended after marking the call, or must end, so it
 * was not made; `fault`: we failed before anything was sent.
 */
export type Answer<T> =
  | { kind: 'answered'; value: T }
  | { kind: 'failed'; error: EmrError }
  | { kind: 'held' | 'late' | 'fault' }

/** The settings of a connection that decide. `asks`: the EMR can be asked for an encounter, and this connection asks. */
export type Policy = Pick<Connection, 'maxAttempts' | 'onUnknownOutcome' | 'timeoutMs' | 'settleMs'> & { asks: boolean }

/** What the decision needs beside records and settings. */
export type Circumstances = {
  /** Milliseconds since leave for the call was asked for. */
  sinceAskedMs: number
  /** The process must end, and broke off what was under way. */
  stopping: boolean
  /** The pause before the next try, milliseconds. */
  backoffMs: number
}

/**
 * What is done next with a job. `call`, `ask` and `takeOver` are steps on the way; the others are ways out, and only
 * `create-encounter.ts` acts on any of them.
 */
export type Next =
  | { step: 'call'; call: Extract<Begun, { kind: 'go' }> }
  | { step: 'ask'; call: Extract<Begun, { kind: 'dangling' }> }
  /** Begin the attempt that follows `attempt`: the EMR surely never got that one (`absent`), or knows it again (`resend`). */
  | { step: 'takeOver'; attempt: number; as: 'absent' | 'resend' }
  /** The job's outcome. `onlyIf`: when it may be written. */
  | { step: 'end'; ending: Ending; onlyIf?: Guard | undefined }
  /** Another attempt, or another question, follows in `inMs`; the EMR asked the whole connection to pause for `holdMs`. */
  | { step: 'again'; inMs: number; code: EmrErrorCode; settlement?: Settlement; holdMs?: number | undefined }
  /** Back to the queue for `inMs`, without spending an attempt. */
  | { step: 'giveBack'; inMs: number; settlement?: Settlement }
  /** Back to the queue, which is held while the breaker is open. */
  | { step: 'park'; settlement?: Settlement }
  /** Ended elsewhere, or never reported to the client as accepted. */
  | { step: 'leave' }

/** What `begin.lua` replied decides how a job starts. */
export function afterBegin(begun: Begun, policy: Policy): Next {
  switch (begun.kind) {
    case 'go':
      return { step: 'call', call: begun }
    case 'dangling':
      return afterDangling(begun, policy)
    case 'parked':
      return { step: 'park' }
    case 'expired':
      return {
        step: 'end',
        ending: begun.doubt ? neverSettled() : expired(),
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

/** The same once an earlier attempt was taken over: whoever finds the call dangling anew was overtaken by another process. */
export function afterTakeOver(begun: Begun, policy: Policy, { backoffMs }: Pick<Circumstances, 'backoffMs'>): Next {
  return begun.kind === 'dangling' ? { step: 'giveBack', inMs: backoffMs } : afterBegin(begun, policy)
}

/** The end of an earlier call is not known: ask, or go by the policy. */
function afterDangling(call: Extract<Begun, { kind: 'dangling' }>, policy: Policy): Next {
  // attempt 0: a person has opened this round, and so decided that it goes on
  if (policy.onUnknownOutcome === 'stop' && call.attempt > 0)
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
    if (answer.value) return { step: 'end', ending: succeeded(answer.value, true) }
    return afterSilence(call, policy, true)
  }
  if (answer.kind === 'held') return { step: 'park' }
  if (stopping) return { step: 'giveBack', inMs: 0 }
  if (answer.kind === 'failed' && answer.error.retry && call.deadlineInMs > 0) return askAgain(answer.error, backoffMs)
  const isUndecided = answer.kind === 'failed' && answer.error instanceof Undecided
  return { step: 'end', ending: isUndecided ? undecided(answer.error.message) : neverAsked(), onlyIf: call }
}

/** No sign of the encounter: believed once the EMR can no longer be working on it. `absent`: the EMR itself said so. */
function afterSilence(call: Extract<Begun, { kind: 'dangling' }>, policy: Policy, absent: boolean): Next {
  const unsettledMs = believedAfterMs(policy, call.state) - call.sinceMs
  if (unsettledMs > 0) return { step: 'giveBack', inMs: unsettledMs }
  const code = codeOf(call)
  // what failed for another reason than the EMR's state fails again
  const exhausted = call.attempt >= policy.maxAttempts || (code !== 408 && code !== 502)
  if (!exhausted) return { step: 'takeOver', attempt: call.attempt, as: absent ? 'absent' : 'resend' }
  const ending = absent ? failed(code, 'the EMR did not create the encounter in any of the attempts') : neverSettled()
  return { step: 'end', ending, onlyIf: call }
}

/** A call that would create the encounter has ended, or was not made. */
export function afterCreate(
  answer: Answer<EncounterFound>,
  call: Extract<Begun, { kind: 'go' }>,
  policy: Policy,
  circumstances: Circumstances,
): Next {
  const { round, attempt } = call
  const unspent: Settlement = { round, attempt, state: 'unspent', nextInMs: 0, statusCode: 0 }
  switch (answer.kind) {
    case 'answered':
      return { step: 'end', ending: succeeded(answer.value, false) }
    case 'held':
      return { step: 'park', settlement: unspent }
    case 'late':
      return { step: 'giveBack', inMs: 0, settlement: unspent }
    case 'fault':
      return endUnless(call, failed(500, 'the gateway failed to send the encounter'))
    default:
      return afterFailure(answer.error, call, policy, circumstances)
  }
}

function afterFailure(
  error: EmrError,
  call: Extract<Begun, { kind: 'go' }>,
  policy: Policy,
  { sinceAskedMs, stopping, backoffMs }: Circumstances,
): Next {
  const { round, attempt } = call
  const { outcomeUnknown, code } = error
  const unspent: Settlement = { round, attempt, state: 'unspent', nextInMs: 0, statusCode: 0 }
  // we broke it off before a byte was sent, or as good as that: nothing is known that was not known before
  if (stopping && error.retry && !outcomeUnknown) return { step: 'giveBack', inMs: 0, settlement: unspent }
  // the EMR is still away; an outage must not use up the attempts of the jobs that it is probed with
  if (call.probing && countsAgainstEmr(error) && !outcomeUnknown) return { step: 'park', settlement: unspent }
  const lastOne = attempt >= policy.maxAttempts
  if (!outcomeUnknown && (lastOne || !error.retry)) return endUnless(call, endedBy(error))
  if (outcomeUnknown && policy.onUnknownOutcome === 'stop')
    return { step: 'end', ending: unanswered(code), onlyIf: call }
  // a call that got no answer may be worked on for as long as one that is waited for
  const endsInMs = error.answered ? 0 : Math.max(policy.timeoutMs - sinceAskedMs, 0)
  // after the last attempt nothing is left but to ask the EMR, once its answer can be believed
  const inMs = stopping ? 0 : lastOne ? endsInMs + policy.settleMs : Math.max(error.retryAfterMs ?? 0, backoffMs)
  const state = outcomeUnknown ? 'unknown' : 'rejected'
  const settlement: Settlement = { round, attempt, state, nextInMs: inMs, statusCode: code, endsInMs }
  if (stopping) return { step: 'giveBack', inMs, settlement }
  return { step: 'again', inMs, code, settlement, holdMs: error.retryAfterMs }
}

function askAgain(error: EmrError, backoffMs: number): Next {
  const inMs = Math.max(error.retryAfterMs ?? 0, backoffMs)
  return { step: 'again', inMs, code: error.code, holdMs: error.retryAfterMs }
}

/** Ends the job, with the doubt that an earlier attempt has left if there is any. */
function endUnless(call: Extract<Begun, { kind: 'go' }>, ending: Ending): Next {
  return { step: 'end', ending: call.doubt ? neverSettled() : ending, onlyIf: call }
}

function codeOf(call: Extract<Begun, { kind: 'dangling' }>): EmrErrorCode {
  return (call.statusCode ?? 408) as EmrErrorCode
}

/**
 * When the EMR's "I have no such encounter" is believed, milliseconds from the end of the call. A call whose end nobody noted is
 * counted from when it was sent: it may still be under way in a process that was merely held up, so its time-out comes first.
 */
function believedAfterMs({ timeoutMs, settleMs }: Policy, state: 'dispatching' | 'unknown'): number {
  return state === 'dispatching' ? timeoutMs + settleMs : settleMs
}
