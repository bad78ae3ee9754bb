import { MINUTE } from '@encounter-gateway/shared/durations.ts'
import { claimRequests } from '@encounter-gateway/shared/records/request-budget.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'

/** Whether a request is admitted. `remaining`: requests left in this minute, as far as this process knows. */
export type Admission = { admitted: boolean; remaining: number; resetSeconds: number }

/**
 * The budget of an application's requests per minute, counted in Redis for the whole fleet. A process claims one per
 * cent of it at a time and admits requests from that: one round trip per hundred requests. The limit is never exceeded;
 * requests that other processes claimed and did not use are missing from it. Minutes are those of the clock.
 */
export function openRequestBudget(
  redis: RedisClient,
  { name, requestsPerMinute }: { name: string; requestsPerMinute: number },
  now: () => number = Date.now,
): () => Promise<Admission> {
  const share = Math.max(1, Math.floor(requestsPerMinute / 100))
  let minute = { index: -1, held: 0, unclaimed: requestsPerMinute }
  let claiming: Promise<void> | undefined

  async function claim(current: typeof minute): Promise<void> {
    const claimed = await claimRequests(redis, { application: name, minute: current.index, share })
    current.held += Math.max(0, Math.min(share, requestsPerMinute - claimed + share))
    current.unclaimed = Math.max(0, requestsPerMinute - claimed)
  }

  return async function admit() {
    for (;;) {
      const at = now()
      const index = Math.floor(at / MINUTE)
      if (minute.index !== index) minute = { index, held: 0, unclaimed: requestsPerMinute }
      const current = minute
      if (current.held > 0 || current.unclaimed === 0) {
        const admitted = current.held > 0
        if (admitted) current.held--
        const resetSeconds = Math.ceil((MINUTE - (at % MINUTE)) / 1000)
        return { admitted, remaining: current.held + current.unclaimed, resetSeconds }
      }
      claiming ??= claim(current).finally(() => (claiming = undefined))
      await claiming
    }
  }
}
