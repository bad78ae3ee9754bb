import { problems, type ProblemSlug } from './problem.ts'
import { isWebhookFailure } from './webhook-failures.ts'

/** Shown in place of a text that the gateway did not write. */
export const WITHHELD = '(withheld)'

/** BullMQ's failure reason for a job whose workers died too often. */
const STALLED = 'job stalled more than allowable limit'

/** The failure reason stored by BullMQ: a status code and the name of the problem, such as `502 emr-unavailable`. */
export function failureReason(code: number, slug: ProblemSlug): string {
  return `${code} ${slug}`
}

/**
 * Whether a failure reason is one of the few phrases that the gateway writes. Any other text comes from a bug or a
 * library and may quote patient data.
 */
export function isKnownFailureReason(text: string): boolean {
  if (text === STALLED || isWebhookFailure(text)) return true
  const [, slug] = /^[45][0-9]{2} ([a-z-]{1,40})$/.exec(text) ?? []
  return slug !== undefined && Object.hasOwn(problems, slug)
}

/** A failure reason as shown to someone who may not see patient data. */
export function shownFailureReason(text: string): string {
  return isKnownFailureReason(text) ? text : WITHHELD
}
