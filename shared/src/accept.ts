import { CREATE_ENCOUNTER, JOB_OPTIONS, type EncounterQueue } from './queue.ts'
import type { NewJob, Records } from './records/records.ts'
import type { RedisClient } from './redis.ts'

/** As many as one script takes at once: it keeps Redis for about 50 µs each. */
const TOGETHER_AT_MOST = 100

/**
 * `known`: the key was used before, for the job named, with the content whose fingerprint was kept. `acceptedAt` is the job's
 * CreatedAt, ms since the epoch.
 */
export type Accepted = { acceptedAt: number; jobId: string } & (
  | { kind: 'new' }
  | { kind: 'known'; fingerprint: string }
)

/** Resolves once payload and job are stored, both or neither. */
export type Accept = (job: NewJob) => Promise<Accepted>

type Gathered = {
  jobId: string
  entry: ReturnType<Records['acceptEntry']>
  resolve: (accepted: Accepted) => void
  reject: (error: unknown) => void
}

/**
 * Stores the payloads of requests and queues their jobs. What comes in one turn of the event loop goes to Redis in one script, so
 * that the cost of a command, and of its way there and back, is shared when there is much to do, and nobody waits when there is not.
 */
export function openAccept(redis: RedisClient, queue: EncounterQueue, records: Records): Accept {
  const { keys, terms } = records
  const bullmq = ['wait', 'paused', 'meta', 'id', 'completed', 'delayed', 'active', 'events', 'marker']
  const touched = [...bullmq.map((name) => queue.toKey(name)), keys.failed, keys.pending, keys.depth]
  const options = JSON.stringify(JOB_OPTIONS)
  let gathered: Gathered[] = []

  async function send(together: Gathered[]): Promise<void> {
    const acceptedAt = Date.now()
    const about = [keys.base, CREATE_ENCOUNTER, options, acceptedAt, terms.deadlineMs, terms.payloadMs]
    try {
      const replies = await redis.egAccept(...touched, ...about, ...together.flatMap(({ entry }) => entry))
      for (const [index, { jobId, resolve }] of together.entries()) {
        const reply = replies[index]
        if (Array.isArray(reply)) resolve({ kind: 'known', jobId: reply[0], fingerprint: reply[1], acceptedAt })
        else resolve({ kind: 'new', jobId, acceptedAt })
      }
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  function sendGathered(): void {
    const together = gathered
    gathered = []
    if (together.length > 0) void send(together)
  }

  return function accept(job) {
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>()
    if (gathered.length === 0) setImmediate(sendGathered)
    gathered.push({ jobId: job.jobId, entry: records.acceptEntry(job), resolve, reject })
    if (gathered.length === TOGETHER_AT_MOST) sendGathered()
    return promise
  }
}
