import type { JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { isUnsuccessful, type ListRange } from '@encounter-gateway/shared/records/job-list.ts'
import { Refusal } from '../http/refusal.ts'

/** The parameters that narrow a list to a time. */
export type RangeQuery = {
  Status?: JobStatus | undefined
  From?: string | undefined
  To?: string | undefined
  By?: 'CreatedAt' | 'FinishedAt' | undefined
}

/** Reads the range. Throws a 400 if `By` names the time that does not order the list. */
export function readRange({ Status, From, To, By }: RangeQuery): ListRange {
  const orders = isUnsuccessful(Status) ? 'FinishedAt' : 'CreatedAt'
  if (By !== undefined && By !== orders) {
    const Message =
      By === 'FinishedAt'
        ? 'requires Status to be Failed, OutcomeUnknown, Cancelled or Expired'
        : 'must be FinishedAt, or absent, for this Status'
    throw new Refusal('invalid-request', 'The query string is not valid.', { Errors: [{ Pointer: '/By', Message }] })
  }
  return {
    ...(From !== undefined && { fromMs: Date.parse(From) }),
    ...(To !== undefined && { toMs: Date.parse(To) }),
  }
}
