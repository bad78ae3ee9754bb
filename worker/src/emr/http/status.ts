import { EmrError } from '../emr.ts'
import { unreadable } from './fault.ts'
import type { HttpAnswer } from './exchange.ts'

/** After a 429 that does not say how long to wait. */
const BUSY_MS = 1_000

/**
 * What a status means that has the same meaning whoever the EMR is: 408 and 504 are its time-out, 429 its quota, 5xx its own
 * trouble. Any other says that something else is at this address, which only an operator can mend.
 */
export function faultOf({ status, writes, retryAfterMs }: HttpAnswer): EmrError {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status < 300) return unreadable(writes)
  if (status === 408 || status === 504)
    return new EmrError(408, 'the EMR did not answer in time', { outcomeUnknown: writes, ...wait })
  // Always with a wait: without one it would count as a fault of the EMR and open the breaker.
  if (status === 429)
    return new EmrError(502, 'the EMR takes no more requests for now', {
      outcomeUnknown: false,
      retryAfterMs: retryAfterMs ?? BUSY_MS,
    })
  // a proxy says 502, whose EMR may still be at work
  const answered = status !== 502
  if (status >= 500) return new EmrError(502, 'the EMR could not do it', { outcomeUnknown: writes, answered, ...wait })
  return new EmrError(502, 'the EMR answered as was not agreed', { outcomeUnknown: false, retry: false })
}
