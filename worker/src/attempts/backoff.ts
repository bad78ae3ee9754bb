import { randomInt } from 'node:crypto'

const LONGEST_MS = 600_000

/**
 * Milliseconds before the attempt that follows attempt number `attempt` (from 1): doubling from `firstMs`, at most ten
 * minutes, and between half and all of that, so that what failed together does not come back together.
 */
export function backoffMs(attempt: number, firstMs: number): number {
  const full = Math.min(firstMs * 2 ** Math.max(attempt - 1, 0), LONGEST_MS)
  return randomInt(Math.ceil(full / 2), Math.ceil(full) + 1)
}
