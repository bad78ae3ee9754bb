import { allApplications, type RecordsContext } from './context.ts'
import { unsuccessfulStatuses } from './job-list.ts'
import type { GoOn } from './lease.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'
import { DAY } from '../durations.ts'

const AT_ONCE = 500
/** Jobs of an application looked at per call: a million of them must not slow down a worker that has just started. */
const INDEXED_PER_CALL = 2_000
/** Above every number of jobs: this application is done. */
const DONE = Number.MAX_SAFE_INTEGER

/**
 * Adds jobs that a version before 2026-11-28 ended without success to the lists of ended jobs: of each application the
 * next 2,000. Stops between two steps once `goOn` returns false, and continues there the next time; once all applications
 * are done, that costs two commands.
 */
export async function indexEnded(context: RecordsContext, goOn: GoOn): Promise<void> {
  const { redis, keys } = context
  const progress = await redis.hgetall(keys.endedIndexed)
  for (const application of await allApplications(context)) {
    const from = Number(progress[application] ?? 0)
    for (let passed = from; passed < Math.min(from + INDEXED_PER_CALL, DONE) && (await goOn());) {
      const about = { base: keys.base, application, passed, atMost: AT_ONCE }
      const looked = await runScript(redis, scripts.indexEnded, { jobs: keys.jobs(application) }, about)
      passed = looked < AT_ONCE ? DONE : passed + looked
      await redis.hset(keys.endedIndexed, application, passed)
    }
  }
}

/** Removes jobs from the lists of ended jobs a day after their results, some at a time. */
export async function forgetEnded(context: RecordsContext, now: number, goOn: GoOn): Promise<void> {
  const { redis, keys, terms } = context
  const before = now - terms.resultMs - DAY
  const names = new Set(['', ...(await allApplications(context))])
  for (const status of unsuccessfulStatuses) {
    for (const name of [undefined, ...names]) {
      const list = keys.ended(status, name)
      while (await goOn()) {
        const old = await redis.zrangebyscore(list, '-inf', before, 'LIMIT', 0, AT_ONCE)
        if (old.length > 0) await redis.zrem(list, ...old)
        if (old.length < AT_ONCE) break
      }
    }
  }
}
