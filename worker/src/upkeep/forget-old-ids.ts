import type { Connection, Retention } from '@encounter-gateway/shared/config/schema.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { GoOn } from './lease.ts'
import { redisTime } from './redis-time.ts'

const HOUR_MS = 3_600_000
/** Ids removed per command: removing a million took 0.55 s, during which Redis does nothing else. */
const AT_ONCE = 1_000

type Forgetting = {
  redis: RedisClient
  records: Pick<Records, 'keys'>
  connection: Pick<Connection, 'deadlineHours'>
  config: { applications: readonly { name: string }[]; retention: Pick<Retention, 'resultHours'> }
}

/**
 * An application's list of jobs keeps ids a day longer than their results, so that a late question gets 410 and not
 * 404. A job that is still pending stays in the list, however old: without BullMQ's job, only the list knows its owner.
 */
export async function forgetOldIds({ redis, records, connection, config }: Forgetting, goOn: GoOn): Promise<void> {
  const { keys } = records
  const keptMs = (config.retention.resultHours + connection.deadlineHours + 24) * HOUR_MS
  const before = (await redisTime(redis)) - keptMs
  // the list of an application removed from the configuration is kept no longer than the others
  const names = new Set([...config.applications.map(({ name }) => name), ...(await redis.hkeys(keys.depth))])
  for (const name of names) await forgetOf(redis, keys.jobs(name), keys.pending, before, goOn)
}

async function forgetOf(redis: RedisClient, list: string, pending: string, before: number, goOn: GoOn): Promise<void> {
  for (let stay = 0; await goOn();) {
    const old = await redis.zrangebyscore(list, '-inf', before, 'LIMIT', stay, AT_ONCE)
    if (old.length === 0) return
    const deadlines = await redis.zmscore(pending, ...old)
    const ended = old.filter((_, n) => deadlines[n] === null)
    if (ended.length > 0) await redis.zrem(list, ...ended)
    stay += old.length - ended.length
    if (old.length < AT_ONCE) return
  }
}
