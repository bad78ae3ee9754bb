import { SECOND, MINUTE, HOUR } from '@encounter-gateway/shared/durations.ts'

/** Waits between the tries of one delivery, as Standard Webhooks 1.0.0 advises: about three days in all. */
export const RETRY_SCHEDULE_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

const JITTER = 0.2
const LONGEST_RETRY_AFTER_MS = 24 * HOUR

/**
 * Milliseconds to the try that follows try number `attempt` (from 1), or `undefined` when that was the last one. Each
 * step is jittered by up to a fifth either way, so that deliveries that failed together do not retry together.
 * `retryAfterMs` is the endpoint's own request, honoured up to a day: it can only lengthen the wait, or else an
 * endpoint that sends `Retry-After: 1` while it is down for an evening would use up all tries in a few seconds.
 */
export function retryDelayMs(
  attempt: number,
  retryAfterMs = 0,
  schedule: readonly number[] = RETRY_SCHEDULE_MS,
  random: () => number = Math.random,
): number | undefined {
  const step = schedule[attempt - 1]
  if (step === undefined) return undefined
  const jittered = step * (1 + JITTER * (2 * random() - 1))
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS)))
}
