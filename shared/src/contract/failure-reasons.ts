import { problems, type ProblemSlug } from './problem.ts'
import { isWebhookFailure } from './webhook-failures.ts'

/** What is shown in place of a text that is not ours. */
export const WITHHELD = '(withheld)'

/** BullMQ's own words for a job whose workers died too often. */
const STALLED = 'job stalled more than allowable limit'

/** The reason that BullMQ may keep of a failed job: a status code and the name of the problem, such as `502 emr-unavailable`. */
export function failureReason(code: number, slug: ProblemSlug): string {
  return `${code} ${slug}`
}

/**
 * Whether a failure reason is one of the few phrases that the gateway writes. Anything else came out of a bug or a library
 * and may quote a patient.
 */
export function isKnownFailureReason(text: string): boolean {
  if (text === STALLED || isWebhookFailure(text)) return true
  const [, slug] = /^[45][0-9]{2} ([a-z-]{1,40})$/.exec(text) ?? []
  return slug !== undefined && Object.hasOwn(problems, slug)
}

/** A failure reason as it may be shown to someone who has no right to patient data. */
export function shownFailureReason(text: string): string {
  return isKnownFailureReason(text) ? text : WITHHELD
}
