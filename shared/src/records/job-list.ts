import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'

/** The place of a job in a list: when it was accepted, ms since the epoch, and its JobId. */
export type ListPlace = { acceptedMs: number; jobId: string }

/** An application's jobs on one connection, by age. Ids are kept a day longer than results. */
export type JobList = {
  /** The next `count` places after `after`, newest first. */
  page(application: string, after: ListPlace | undefined, count: number): Promise<ListPlace[]>
  /** When the application's job was accepted, ms since the epoch; `undefined` if it never was, or too long ago. */
  acceptedAt(application: string, jobId: string): Promise<number | undefined>
}

/** Opens the lists of a connection's jobs. */
export function openJobList(redis: RedisClient, connection: ConnectionName): JobList {
  const keys = recordKeys(connection)
  return {
    async page(application, after, count) {
      const key = keys.jobs(application)
      const found: ListPlace[] = []
      const newest = after?.acceptedMs ?? '+inf'
      // places before the cursor within the same millisecond are read and skipped
      for (let offset = 0; found.length < count; offset += count) {
        const reply = await redis.zrevrangebyscore(key, newest, '-inf', 'WITHSCORES', 'LIMIT', offset, count)
        for (let index = 0; index < reply.length; index += 2) {
          const place = { jobId: reply[index] ?? '', acceptedMs: Number(reply[index + 1]) }
          if (!after || comparePlaces(after, place) < 0) found.push(place)
        }
        if (reply.length < 2 * count) break
      }
      return found.slice(0, count)
    },
    async acceptedAt(application, jobId) {
      const score = await redis.zscore(keys.jobs(application), jobId)
      return score === null ? undefined : Number(score)
    },
  }
}

/** The order of a list: newest first; within the same millisecond by JobId from z to a. */
export function comparePlaces(a: ListPlace, b: ListPlace): number {
  if (a.acceptedMs !== b.acceptedMs) return b.acceptedMs - a.acceptedMs
  return a.jobId < b.jobId ? 1 : a.jobId > b.jobId ? -1 : 0
}
