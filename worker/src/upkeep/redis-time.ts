import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'

/** The clock of the records: whole seconds, as ms since the epoch. */
export async function redisTime(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time()
  return Number(seconds) * 1000
}
