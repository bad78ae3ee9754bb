import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { forgetEnded, indexEnded } from '@encounter-gateway/shared/records/ended-lists.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { GoOn } from './lease.ts'
import { redisTime } from './redis-time.ts'

const HOUR_MS = 3_600_000

/** Keeps the lists of ended jobs complete after an upgrade, and no longer than results are kept, and a day. */
export async function tidyEndedLists(
  {
    redis,
    connection,
    config,
  }: {
    redis: RedisClient
    connection: Connection
    config: Pick<Config, 'applications' | 'retention'>
  },
  goOn: GoOn,
): Promise<void> {
  const applications = config.applications.map(({ name }) => name)
  await indexEnded(redis, connection, applications, goOn)
  const keptMs = (config.retention.resultHours + 24) * HOUR_MS
  await forgetEnded(redis, connection, { applications, keptMs, now: await redisTime(redis) }, goOn)
}
