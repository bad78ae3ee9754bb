import { problem, problemType, type ProblemSlug } from '@encounter-gateway/shared/contract/problem.ts'
import { failureReason } from '@encounter-gateway/shared/contract/failure-reasons.ts'
import type { NewOutcome } from '@encounter-gateway/shared/records/jobs.ts'
import type { EncounterFound } from '../emr/emr.ts'
import type { EmrError, EmrErrorCode } from '../emr/emr-error.ts'

/** The part of an outcome that says how it went. */
export type Ending = Pick<NewOutcome, 'status' | 'statusCode' | 'result' | 'recovered'>

const slugOf = {
  400: 'emr-rejected-content',
  401: 'emr-login-failed',
  403: 'emr-refused-user',
  408: 'emr-timeout',
  500: 'dispatch-failed',
  502: 'emr-unavailable',
} as const satisfies Record<EmrErrorCode, ProblemSlug>

/** The encounter exists. `recovered`: it was found, not made by this attempt. */
export function succeeded(
  { EncounterId, AlternativeIdentifiers, NotCarried }: EncounterFound,
  recovered: boolean,
): Ending {
  return {
    status: 'Succeeded',
    statusCode: 201,
    result: { EncounterId, AlternativeIdentifiers, NotCarried },
    recovered,
  }
}

/** The EMR surely has nothing of the job, and it is not tried again. */
export function failed(code: EmrErrorCode, detail: string, pointers: string[] = []): Ending {
  const Errors = pointers.map((Pointer) => ({ Pointer, Message: 'the EMR did not accept this' }))
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

/** An attempt got no answer, and nothing that followed settled the question. */
export function neverSettled(): Ending {
  return outcomeUnknown('An attempt got no answer, and no later one settled whether the EMR has the encounter.')
}

/** The EMR could not be asked. */
export function neverAsked(): Ending {
  return outcomeUnknown('The EMR could not be asked whether it has the encounter.')
}

/** The EMR has answered, and a person has to decide. `reason` is a connector's, from a closed vocabulary. */
export function undecided(reason: string): Ending {
  return outcomeUnknown(`It is not known whether the EMR has the encounter: ${reason}.`)
}

/** The policy of the connection is to stop where a call got no answer. */
export function unanswered(code: EmrErrorCode): Ending {
  return outcomeUnknown(
    code === 408
      ? 'The EMR did not answer in time, and this connection does not allow to send the encounter again.'
      : 'The EMR broke off without an answer, and this connection does not allow to send the encounter again.',
  )
}

/** The EMR was searched by likeness, and another job was told that encounter. */
export function foundForAnother(): Ending {
  return outcomeUnknown('The encounter that the EMR has was already found to be that of another job.')
}

/** The deadline passed before the EMR saw the job. */
export function expired(): Ending {
  const detail = 'The job waited longer than its deadline and was not sent to the EMR.'
  return { status: 'Expired', statusCode: 408, result: { Problem: problem('expired', detail) } }
}

/** Its application cancelled it, alone or with its batch, before the EMR saw it. */
export function cancelled(): Ending {
  const detail = 'Its application cancelled the job before it was sent to the EMR.'
  return { status: 'Cancelled', statusCode: 409, result: { Problem: problem('cancelled', detail) } }
}

/** What BullMQ may keep of an attempt that is followed by another. */
export function reasonOfAttempt(code: EmrErrorCode): string {
  return failureReason(code, slugOf[code])
}

/** What BullMQ may keep of a job that did not succeed. */
export function reasonOfEnding({ status, result }: Ending): string {
  const slug = result.Problem?.type.slice(problemType('internal').lastIndexOf(':') + 1)
  return slug ? `${result.Problem?.status} ${slug}` : status
}

/** What a connector's error becomes when the job ends with it. */
export function endedBy(error: EmrError): Ending {
  return failed(error.code, error.message, error.pointers)
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return capital.endsWith('.') ? capital : `${capital}.`
}
