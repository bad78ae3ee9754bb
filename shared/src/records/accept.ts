import { CREATE_ENCOUNTER, JOB_OPTIONS } from './queue.ts'
import type { NewJob, Records } from './jobs.ts'
import { together } from './coalesce.ts'
import { runScript } from './script.ts'
import { scripts } from './scripts.ts'
import type { RedisClient } from '../redis/connect.ts'

/**
 * The reply to accepting a job. `known`: the key was used before, for this job and for the content with this
 * fingerprint. `acceptedAt` is the job's CreatedAt, ms since the epoch.
 */
export type Accepted = { acceptedAt: number; jobId: string } & (
  | { kind: 'new' }
  | { kind: 'known'; fingerprint: string }
)

/** Resolves once payload and job are stored, both or neither. */
export type Accept = (job: NewJob) => Promise<Accepted>

/**
 * Stores the payloads of requests and queues their jobs; simultaneous requests share one script call (docs/adr/0009).
 */
export function openAccept(redis: RedisClient, records: Records): Accept {
  const { keys, terms } = records
  const about = { base: keys.base, jobName: CREATE_ENCOUNTER, options: JSON.stringify(JOB_OPTIONS), ...terms }

  return together(async (jobs: NewJob[]): Promise<Accepted[]> => {
    const acceptedAt = Date.now()
    const entries = jobs.map((job) => records.acceptEntry(job))
    const replies = await runScript(redis, scripts.accept, keys, { ...about, acceptedAt }, entries)
    const accepted = replies.filter((reply) => !Array.isArray(reply)).length
    if (accepted > 0) records.tally.accepted(accepted)
    return jobs.map(({ jobId }, index) => {
      const reply = replies[index]
      if (!Array.isArray(reply)) return { kind: 'new', jobId, acceptedAt }
      return { kind: 'known', jobId: reply[0], fingerprint: reply[1], acceptedAt }
    })
  })
}
