import { allApplications, type RecordsContext } from './context.ts'
import { itemRoutingOf } from './item-payload.ts'
import type { RoutedJob } from './routing.ts'

/**
 * Finds what is known about a job that BullMQ has lost, or about a batch item that it does not have yet: a batch item's
 * payload holds its place, and each application's list holds its jobs. An application removed from the configuration
 * still counts. `undefined` if no list has the job.
 */
export async function findJob(context: RecordsContext, jobId: string): Promise<RoutedJob | undefined> {
  const { redis, keys } = context
  const item = await itemRoutingOf(context, jobId)
  const names = item ? [item.application] : await allApplications(context)
  for (const application of names) {
    const acceptedAt = await redis.zscore(keys.jobs(application), jobId)
    if (acceptedAt !== null) return { jobId, routing: item ?? { application }, createdAt: Number(acceptedAt) }
  }
  return undefined
}
