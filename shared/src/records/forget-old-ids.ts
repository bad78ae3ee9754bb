import { allApplications, redisTime, type RecordsContext } from './context.ts'
import type { GoOn } from './lease.ts'
import { HOUR } from '../durations.ts'

/** Ids removed per command: removing a million took 0.55 s, during which Redis does nothing else. */
const AT_ONCE = 1_000

/**
 * An application's list of jobs keeps ids a day longer than their results, so that a late question gets 410 and not
 * 404. A job that is still pending stays in the list, however old: without BullMQ's job, only the list knows its owner.
 */
export async function forgetOldIds(context: RecordsContext, goOn: GoOn): Promise<void> {
  const { redis, keys, terms } = context
  const before = (await redisTime(redis)) - terms.resultMs - terms.deadlineMs - 24 * HOUR
  // the list of an application removed from the configuration is kept no longer than the others
  for (const name of await allApplications(context)) await forgetOf(context, keys.jobs(name), before, goOn)
}

async function forgetOf({ redis, keys }: RecordsContext, list: string, before: number, goOn: GoOn): Promise<void> {
  for (let stay = 0; await goOn();) {
    const old = await redis.zrangebyscore(list, '-inf', before, 'LIMIT', stay, AT_ONCE)
    if (old.length === 0) return
    const deadlines = await redis.zmscore(keys.pending, ...old)
    const ended = old.filter((_, n) => deadlines[n] === null)
    if (ended.length > 0) await redis.zrem(list, ...ended)
    stay += old.length - ended.length
    if (old.length < AT_ONCE) return
  }
}
