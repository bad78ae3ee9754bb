import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'

/** The owner of a job, its place in a batch, and when it was accepted, in ms since the epoch. */
export type Routed = { routing: Routing; createdAt: number }

/**
 * Finds what is known about a job that BullMQ has lost, or about a batch item that it does not have yet: a batch item's
 * payload holds its place, and each application's list holds its jobs. An application removed from the configuration
 * still counts. `undefined` if no list has the job.
 */
export async function findRouting(
  redis: RedisClient,
  records: Records,
  applications: readonly string[],
  jobId: string,
): Promise<Routed | undefined> {
  const { keys } = records
  const item = await records.itemRouting(jobId)
  const names = item ? [item.application] : new Set([...applications, ...(await redis.hkeys(keys.depth))])
  for (const application of names) {
    const acceptedAt = await redis.zscore(keys.jobs(application), jobId)
    if (acceptedAt !== null) return { routing: item ?? { application }, createdAt: Number(acceptedAt) }
  }
  return undefined
}
