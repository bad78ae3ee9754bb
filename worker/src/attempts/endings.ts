import { problem, problemType, type ProblemSlug } from '@encounter-gateway/shared/contract/problem.ts'
import { failureReason } from '@encounter-gateway/shared/contract/failure-reasons.ts'
import type { WaitsFor } from '@encounter-gateway/shared/records/dispatch.ts'
import type { Ending } from '@encounter-gateway/shared/records/outcome.ts'
import type { EncounterFound } from '../emr/emr.ts'
import type { EmrError, EmrErrorCode } from '../emr/emr-error.ts'

const slugOf = {
  400: 'emr-rejected-content',
  401: 'emr-login-failed',
  403: 'emr-refused-user',
  408: 'emr-timeout',
  500: 'dispatch-failed',
  502: 'emr-unavailable',
} as const satisfies Record<EmrErrorCode, ProblemSlug>

/** The encounter exists. `recovered`: it was found, not created by this attempt. */
export function succeeded(
  { EncounterId, AlternativeIdentifiers, NotCarried }: EncounterFound,
  { recovered }: { recovered: boolean },
): Ending {
  return {
    status: 'Succeeded',
    statusCode: 201,
    result: { EncounterId, AlternativeIdentifiers, NotCarried },
    recovered,
  }
}

/** The EMR surely does not have the encounter, and the job is not tried again. */
export function failed(code: EmrErrorCode, detail: string, pointers: string[] = []): Ending {
  const Errors = pointers.map((Pointer) => ({ Pointer, Message: 'not accepted by the EMR' }))
  const Problem = problem(slugOf[code], sentence(detail), Errors.length > 0 ? { Errors } : {})
  return { status: 'Failed', statusCode: code, result: { Problem } }
}

/** The EMR may have the encounter, and there is no way, or no time left, to find out. */
export function outcomeUnknown(detail: string): Ending {
  return {
    status: 'OutcomeUnknown',
    statusCode: 408,
    result: { Problem: problem('outcome-unknown', sentence(detail)) },
  }
}

/** An attempt got no answer, and no later one resolved the doubt. */
export function neverSettled(): Ending {
  return outcomeUnknown(
    'An attempt got no answer, and no later attempt could establish whether the EMR has the encounter.',
  )
}

/** The EMR could not be asked. */
export function neverAsked(): Ending {
  return outcomeUnknown('The gateway could not check whether the EMR has the encounter.')
}

/** The EMR has answered, and a person has to decide. `reason` is the connector's, from a closed vocabulary. */
export function undecided(reason: string): Ending {
  return outcomeUnknown(`It is not known whether the EMR has the encounter: ${reason}.`)
}

/** The connection's policy is to stop after a call without an answer. */
export function unanswered(code: EmrErrorCode): Ending {
  return outcomeUnknown(
    code === 408
      ? 'The EMR did not answer in time, and this connection does not allow sending the encounter again.'
      : 'The call to the EMR ended without a usable answer, and this connection does not allow sending the encounter again.',
  )
}

/** The EMR was searched by likeness, and its encounter was already reported to another job. */
export function foundForAnother(): Ending {
  return outcomeUnknown('The encounter found in the EMR was already reported as the result of another job.')
}

/** The deadline passed before the EMR took the job; `waitsFor`: why its last call was not taken. */
export function expired(waitsFor?: WaitsFor): Ending {
  if (waitsFor) {
    const statusCode = waitsFor === 'login' ? 401 : 502
    return { status: 'Expired', statusCode, result: { Problem: problem(slugOf[statusCode], stillOut[waitsFor]) } }
  }
  const detail = 'The deadline passed before the job was sent to the EMR.'
  return { status: 'Expired', statusCode: 408, result: { Problem: problem('expired', detail) } }
}

const stillOut = {
  unreachable: 'The EMR could not be reached until the deadline; the encounter was not sent.',
  busy: 'The EMR accepted no requests until the deadline; it did nothing with the encounter.',
  login: 'The EMR refused the login, and no other credentials came until the deadline; the encounter was not sent.',
} as const satisfies Record<WaitsFor, string>

/** What BullMQ may keep of an attempt that is followed by another. */
export function reasonOfAttempt(code: EmrErrorCode): string {
  return failureReason(code, slugOf[code])
}

/** What BullMQ may keep of a job that did not succeed. */
export function reasonOfEnding({ status, result }: Ending): string {
  const slug = result.Problem?.type.slice(problemType('internal').lastIndexOf(':') + 1)
  return slug ? `${result.Problem?.status} ${slug}` : status
}

/** Turns a connector's error into the outcome of a job that ends with it. */
export function endedBy(error: EmrError): Ending {
  return failed(error.code, error.message, error.pointers)
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return capital.endsWith('.') ? capital : `${capital}.`
}
