import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'

/** Whose a job is, where in a batch it belongs, and when it was accepted, ms since the epoch. */
export type Routed = { routing: Routing; createdAt: number }

/**
 * What is known of a job that BullMQ has lost, or of a batch item that it has not got yet: a batch item's payload says where it
 * belongs, and the list of each job's application has it. An application that was taken out of the configuration still counts.
 * `undefined` if no list has it.
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
