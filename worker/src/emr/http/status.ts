import { busy, noAnswer, brokenOff, unreadable, notAgreed, type EmrError } from '../emr-error.ts'
import type { HttpAnswer } from './exchange.ts'

/**
 * What a status means that has the same meaning whoever the EMR is: 408 and 504 are its time-out, 429 its quota, 5xx its own
 * trouble. Any other says that something else is at this address, which only an operator can mend.
 */
export function faultOf({ status, writes, retryAfterMs }: HttpAnswer): EmrError {
  if (status < 300) return unreadable(writes)
  if (status === 408 || status === 504) return noAnswer({ writes, retryAfterMs })
  if (status === 429) return busy(retryAfterMs)
  // a proxy says 502, whose EMR may still be at work
  if (status >= 500) return brokenOff({ writes, answered: status !== 502, retryAfterMs })
  return notAgreed()
}
