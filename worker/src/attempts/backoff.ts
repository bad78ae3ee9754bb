import { randomInt } from 'node:crypto'

const LONGEST_MS = 600_000

/**
 * Milliseconds to wait after attempt number `attempt` (from 1): doubles from `firstMs`, is capped at `longestMs`, ten minutes by default, and
 * is jittered to between half and all of that, so that jobs that failed together do not retry together.
 */
export function backoffMs(attempt: number, firstMs: number, longestMs = LONGEST_MS): number {
  const full = Math.min(firstMs * 2 ** Math.max(attempt - 1, 0), longestMs)
  return randomInt(Math.ceil(full / 2), Math.ceil(full) + 1)
}
