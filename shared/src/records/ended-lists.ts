import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { unsuccessfulStatuses } from './job-list.ts'
import { recordKeys } from './keys.ts'
import { runScript } from './script.ts'
import { defineScripts, scripts } from './scripts.ts'

const AT_ONCE = 500
/** Above every number of jobs: this application is done. */
const DONE = Number.MAX_SAFE_INTEGER

/**
 * Adds jobs that a version before 2026-11-28 ended without success to the lists of ended jobs. Stops between two steps
 * once `goOn` returns false, and continues there the next time; once all applications are done, that costs two commands.
 */
export async function indexEnded(
  redis: RedisClient,
  connection: ConnectionName,
  applications: readonly string[],
  goOn: () => Promise<boolean>,
): Promise<void> {
  defineScripts(redis)
  const keys = recordKeys(connection)
  const progress = await redis.hgetall(keys.endedIndexed)
  for (const application of new Set([...applications, ...(await redis.hkeys(keys.depth))])) {
    for (let passed = Number(progress[application] ?? 0); passed < DONE && (await goOn());) {
      const about = { base: keys.base, application, passed, atMost: AT_ONCE }
      const looked = await runScript(redis, scripts.indexEnded, { jobs: keys.jobs(application) }, about)
      passed = looked < AT_ONCE ? DONE : passed + looked
      await redis.hset(keys.endedIndexed, application, passed)
    }
  }
}

/** Removes jobs from the lists of ended jobs that ended more than `keptMs` ago, some at a time. */
export async function forgetEnded(
  redis: RedisClient,
  connection: ConnectionName,
  { applications, keptMs, now }: { applications: readonly string[]; keptMs: number; now: number },
  goOn: () => Promise<boolean>,
): Promise<void> {
  const keys = recordKeys(connection)
  const names = new Set(['', ...applications, ...(await redis.hkeys(keys.depth))])
  for (const status of unsuccessfulStatuses) {
    for (const name of [undefined, ...names]) {
      const list = keys.ended(status, name)
      while (await goOn()) {
        const old = await redis.zrangebyscore(list, '-inf', now - keptMs, 'LIMIT', 0, AT_ONCE)
        if (old.length > 0) await redis.zrem(list, ...old)
        if (old.length < AT_ONCE) break
      }
    }
  }
}
