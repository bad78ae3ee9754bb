import { busy, noAnswer, brokenOff, unreadable, notAgreed, type EmrError } from '../emr-error.ts'
import type { HttpAnswer } from './exchange.ts'

/**
 * Statuses that mean the same for every EMR: 408 and 504 are its time-out, 429 its quota, 5xx its own faults. Any other
 * means that something else is at this address, which only an operator can fix.
 */
export function faultOf({ status, writes, retryAfterMs }: HttpAnswer): EmrError {
  if (status < 300) return unreadable(writes)
  if (status === 408 || status === 504) return noAnswer({ writes, retryAfterMs })
  if (status === 429) return busy(retryAfterMs)
  // a proxy sends 502 while its EMR may still be at work
  if (status >= 500) return brokenOff({ writes, answered: status !== 502, retryAfterMs })
  return notAgreed()
}
