import type { RedisClient } from '../redis/connect.ts'
import { requestsKey } from './keys.ts'

/** Longer than the minute for which the count holds. */
const KEPT_MS = 120_000

/**
 * Claims `share` requests of an application's budget for a minute (its number since the epoch), for the whole fleet;
 * returns how many have been claimed in it, these included.
 */
export async function claimRequests(
  redis: RedisClient,
  { application, minute, share }: { application: string; minute: number; share: number },
): Promise<number> {
  const key = requestsKey(application, minute)
  const replies = await redis.pipeline().incrby(key, share).pexpire(key, KEPT_MS).exec()
  for (const [error] of replies ?? []) if (error) throw error
  return Number(replies?.[0]?.[1])
}
